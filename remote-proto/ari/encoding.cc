// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace penstock::ari {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

enum CharClass : uint8_t {
  kPlain = 0,
  kEscapedInSmart = 1,
  kEscapedInCompat = 2,
  kEscapedInAscii = 4
};

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool unreserved = alnum || c == '-' || c == '_' || c == '.';
    unsigned bits = 0;
    if (c == '|' || c == '%' || c == '+' || c == '\r' || c == '\n') bits |= kEscapedInSmart;
    if (!unreserved && c != '*') bits |= kEscapedInCompat;
    if (!unreserved) bits |= kEscapedInAscii;
    classes[c] = static_cast<uint8_t>(bits);
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

constexpr std::array<int8_t, 256> MakeBase64() {
  std::array<int8_t, 256> values{};
  for (auto& v : values) v = -1;
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 64; ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}
constexpr std::array<int8_t, 256> kBase64 = MakeBase64();

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void AppendPercent(unsigned char c, std::string* out) {
  const char escape[3] = {'%', kHex[c >> 4], kHex[c & 15]};
  out->append(escape, 3);
}

bool IsMarker(std::string_view token, Text* out) {
  if (token.size() != 1) return false;
  if (token[0] == '#') {
    *out = Text{{}, true};
    return true;
  }
  if (token[0] == '$') {
    *out = Text{};
    return true;
  }
  return false;
}

// Returns the end of the decoded text, or null on a bad escape. The output is never longer than the
// input.
char* Unescape(std::string_view token, bool plus_is_space, char* to) {
  for (size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if (c == '%') {
      if (token.size() - i < 3) return nullptr;
      const int high = HexValue(token[i + 1]);
      const int low = HexValue(token[i + 2]);
      if (high < 0 || low < 0) return nullptr;
      *to++ = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      *to++ = c == '+' && plus_is_space ? ' ' : c;
    }
  }
  return to;
}

bool NeedsUnescape(std::string_view token, bool plus_is_space) {
  if (std::memchr(token.data(), '%', token.size()) != nullptr) return true;
  return plus_is_space && std::memchr(token.data(), '+', token.size()) != nullptr;
}

char* AppendLatin1(unsigned byte, char* to) {
  if (byte < 0x80) {
    *to++ = static_cast<char>(byte);
  } else {
    *to++ = static_cast<char>(0xC0 | byte >> 6);
    *to++ = static_cast<char>(0x80 | (byte & 0x3F));
  }
  return to;
}

}  // namespace

void Scratch::Reset(size_t line_size) {
  used_ = 0;
  const size_t wanted = line_size * 2;
  if (wanted <= capacity_) return;
  capacity_ = wanted < 4096 ? 4096 : wanted + wanted / 2;
  data_.reset(new char[capacity_]);
}

void AppendEncoded(std::optional<std::string_view> value, Encoding encoding, std::string* out) {
  if (!value) {
    out->push_back('#');
    return;
  }
  if (value->empty()) {
    out->push_back('$');
    return;
  }
  if (value->size() == 1 && (*value == "#" || *value == "$")) {
    AppendPercent(static_cast<unsigned char>((*value)[0]), out);
    return;
  }
  const uint8_t mask = encoding == Encoding::kSmart    ? kEscapedInSmart
                       : encoding == Encoding::kCompat ? kEscapedInCompat
                                                       : kEscapedInAscii;
  const char* run = value->data();
  const char* const end = run + value->size();
  for (const char* p = run; p != end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if ((kClasses[c] & mask) == 0) continue;
    out->append(run, static_cast<size_t>(p - run));
    run = p + 1;
    if (c == ' ' && encoding == Encoding::kCompat) {
      out->push_back('+');
    } else {
      AppendPercent(c, out);
    }
  }
  out->append(run, static_cast<size_t>(end - run));
}

Status DecodeText(std::string_view token, Encoding encoding, Scratch* scratch, Text* out) {
  if (token.empty()) return Status::Error("empty token");
  if (IsMarker(token, out)) return {};
  const bool plus_is_space = encoding == Encoding::kCompat;
  if (!NeedsUnescape(token, plus_is_space)) {
    *out = Text{token, false};
    return {};
  }
  char* const begin = scratch->cursor();
  const char* const end = Unescape(token, plus_is_space, begin);
  if (end == nullptr) return Status::Error("bad percent escape");
  const auto size = static_cast<size_t>(end - begin);
  scratch->Advance(size);
  *out = Text{std::string_view(begin, size), false};
  return {};
}

Status DecodeBytes(std::string_view token, Scratch* scratch, Text* out) {
  if (token.empty()) return Status::Error("empty token");
  if (IsMarker(token, out)) return {};
  char* const begin = scratch->cursor();
  char* to = begin;
  unsigned bits = 0;
  int bit_count = 0;
  size_t i = 0;
  for (; i < token.size() && token[i] != '='; ++i) {
    const int value = kBase64[static_cast<unsigned char>(token[i])];
    if (value < 0) return Status::Error("bad Base64 value");
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFF;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      to = AppendLatin1(bits >> bit_count & 0xFF, to);
    }
  }
  if (i % 4 == 1 || token.size() - i > 2) return Status::Error("bad Base64 value");
  for (; i < token.size(); ++i) {
    if (token[i] != '=') return Status::Error("bad Base64 value");
  }
  const auto size = static_cast<size_t>(to - begin);
  scratch->Advance(size);
  *out = Text{std::string_view(begin, size), false};
  return {};
}

Status DecodeToString(std::string_view token, Encoding encoding, std::optional<std::string>* out) {
  Scratch scratch;
  scratch.Reset(token.size());
  Text text;
  const Status status = DecodeText(token, encoding, &scratch, &text);
  if (!status.ok()) return status;
  out->reset();
  if (!text.null) out->emplace(text.value);
  return {};
}

}  // namespace penstock::ari
