// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock::chat {

// Characters, not bytes: a line in Greek may be as long as one in English.
inline constexpr std::size_t kMaxTextCharacters = 300;

// What is said when somebody sends this text (UTF-8): the text without blanks around it. Nothing if
// that is empty, too long, or has control characters, which a chat of single lines has no use for.
[[nodiscard]] std::optional<std::string_view> CleanText(std::string_view text);

}  // namespace penstock::chat
