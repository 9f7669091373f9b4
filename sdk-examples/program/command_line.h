// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace penstock::program {

enum class Taken { kYes, kBadValue, kUnknown };
enum class CommandLine { kOk, kHelp, kError };

// Goes through `--name value` and `--name=value` and shows each pair to `take`. On kError, `error`
// names the option and its value.
[[nodiscard]] CommandLine ReadCommandLine(
    int argc, const char* const* argv,
    const std::function<Taken(std::string_view name, const std::string& value)>& take,
    std::string& error);

// The whole of a text as a number. Shard: any.
template <typename T>
[[nodiscard]] bool ParseWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace penstock::program
