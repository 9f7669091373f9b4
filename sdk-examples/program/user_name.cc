// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/user_name.h"

#include <algorithm>
#include <cstddef>

namespace penstock::program {
namespace {

constexpr std::size_t kLongest = 20;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, IsPlain);
}

}  // namespace penstock::program
