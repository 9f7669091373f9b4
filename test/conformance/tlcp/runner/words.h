// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The little language of `!` lines.
namespace penstock::transcript {

// Split at spaces, but not inside of double quotes, which stay.
std::vector<std::string> SplitWords(std::string_view text);

struct Value {
  bool is_null = false;
  std::string text;
};

// `null`, a bare word, or a quoted text with \\ \" \n \r \t \xHH. Nothing if it is none of these.
std::optional<Value> ReadValue(std::string_view word);

// `{x*1000}` is a thousand times the character.
std::string Expand(std::string_view text);

}  // namespace penstock::transcript
