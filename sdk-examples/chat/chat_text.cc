// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "chat/chat_text.h"

#include <algorithm>

namespace penstock::chat {
namespace {

bool IsControl(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

// Bytes 10xxxxxx go on with a character, each other one begins one.
bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

std::optional<std::string_view> CleanText(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  const auto characters = std::ranges::count_if(text, BeginsCharacter);
  if (static_cast<std::size_t>(characters) > kMaxTextCharacters ||
      std::ranges::any_of(text, IsControl)) {
    return std::nullopt;
  }
  return text;
}

}  // namespace penstock::chat
