// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string_view>

namespace penstock::ari {

struct Vector {
  std::optional<std::string_view> value;
  std::string_view smart;
  std::string_view compat;
};

// 27 vectors: those that the protocol reference prints, and a case of each class of characters.
inline constexpr Vector kVectors[] = {
    {std::nullopt, "#", "#"},
    {"", "$", "$"},
    {"#", "%23", "%23"},
    {"$", "%24", "%24"},
    {"##", "##", "%23%23"},
    {"$$", "$$", "%24%24"},
    {"field_$", "field_$", "field_%24"},
    {"field_#", "field_#", "field_%23"},
    {"a b", "a b", "a+b"},
    {" ", " ", "+"},
    {"a+b", "a%2Bb", "a%2Bb"},
    {"+", "%2B", "%2B"},
    {"100%", "100%25", "100%25"},
    {"%23", "%2523", "%2523"},
    {"x|y", "x%7Cy", "x%7Cy"},
    {"|", "%7C", "%7C"},
    {"\r\n", "%0D%0A", "%0D%0A"},
    {"a\rb\nc", "a%0Db%0Ac", "a%0Db%0Ac"},
    {"V4 \u20AC", "V4 \u20AC", "V4+%E2%82%AC"},
    {"\u00E9", "\u00E9", "%C3%A9"},
    {"\U0001F600", "\U0001F600", "%F0%9F%98%80"},
    {"A-Z_a.z*09", "A-Z_a.z*09", "A-Z_a.z*09"},
    {"~!'()", "~!'()", "%7E%21%27%28%29"},
    {"a=b&c", "a=b&c", "a%3Db%26c"},
    {"http://h:80/p?q", "http://h:80/p?q", "http%3A%2F%2Fh%3A80%2Fp%3Fq"},
    {"\t", "\t", "%09"},
    {"12|5 +3%", "12%7C5 %2B3%25", "12%7C5+%2B3%25"},
};
static_assert(sizeof(kVectors) / sizeof(kVectors[0]) == 27);

}  // namespace penstock::ari
