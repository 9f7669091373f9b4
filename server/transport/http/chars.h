// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::http {

// Character classes of RFC 9110 section 5.6.2 and RFC 9112.
enum CharClass : std::uint8_t {
  kTokenChar = 1,   // names of methods, headers, protocols
  kTargetChar = 2,  // visible ASCII but '#': no fragment goes over the wire
  kValueChar = 4,   // visible, space, tab, and bytes from 0x80 on
  kHostChar = 8,    // reg-name, IP literal and port
};

namespace internal {
constexpr std::array<std::uint8_t, 256> MakeCharClasses() {
  std::array<std::uint8_t, 256> classes{};
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kHostMarks = "-._~!$&'()*+,;=:[]%";
  for (std::size_t i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    unsigned bits = 0;
    if (alnum || kTokenMarks.find(c) != std::string_view::npos) bits |= kTokenChar;
    if (alnum || kHostMarks.find(c) != std::string_view::npos) bits |= kHostChar;
    if (i > 0x20 && i < 0x7F && c != '#') bits |= kTargetChar;
    if (c == '\t' || (i >= 0x20 && i != 0x7F)) bits |= kValueChar;
    classes[i] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kCharClasses = MakeCharClasses();
}  // namespace internal

constexpr bool IsOfClass(char c, CharClass wanted) {
  return (internal::kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

// True if `text` is not empty and every character is of the class.
constexpr bool IsAllOfClass(std::string_view text, CharClass wanted) {
  for (const char c : text) {
    if (!IsOfClass(c, wanted)) return false;
  }
  return !text.empty();
}

// Fit to be sent as a header: for what comes from a configuration.
constexpr bool IsHeaderName(std::string_view name) { return IsAllOfClass(name, kTokenChar); }
constexpr bool IsHeaderValue(std::string_view value) {
  return value.empty() || IsAllOfClass(value, kValueChar);
}

constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ToLowerAscii(a[i]) != ToLowerAscii(b[i])) return false;
  }
  return true;
}

// Without the spaces and tabs at both ends.
constexpr std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next element off a comma-separated list, trimmed; it may be empty.
constexpr std::string_view TakeListElement(std::string_view* list) {
  const std::size_t comma = list->find(',');
  const std::string_view element = list->substr(0, comma);
  *list = comma == std::string_view::npos ? std::string_view() : list->substr(comma + 1);
  return TrimBlanks(element);
}

}  // namespace penstock::http
