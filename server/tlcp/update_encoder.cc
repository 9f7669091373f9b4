// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/update_encoder.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/percent.h"
#include "tlcp/text_codec.h"

namespace penstock::tlcp {
namespace {

// Runs shorter than this cost no more as empty tokens.
constexpr std::uint32_t kShortestCountedRun = 3;

constexpr bool IsLeadEscaped(char c) { return c == '#' || c == '$' || c == '^'; }

// Bytes that may not be copied without a look: escaped ones, and those of non-ASCII characters,
// which have to be well-formed.
constexpr std::array<bool, 256> MakeSpecialTable() {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = byte < 0x20 || byte >= 0x7F || byte == '%' || byte == '|';
  }
  return table;
}
constexpr std::array<bool, 256> kSpecial = MakeSpecialTable();

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighBits = 0x8080808080808080u;

constexpr std::uint64_t HasZero(std::uint64_t word) { return (word - kOnes) & ~word; }

// Exact about whether there is any special byte in the word (not about where).
constexpr bool HasSpecial(std::uint64_t word) {
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
  const std::uint64_t found = word | below_space | HasZero(word ^ (kOnes * 0x7F)) |
                              HasZero(word ^ (kOnes * '%')) | HasZero(word ^ (kOnes * '|'));
  return (found & kHighBits) != 0;
}

// Number of bytes at the begin of `text` that are copied as they are.
std::size_t PlainPrefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    if (HasSpecial(word)) break;
  }
  while (i < text.size() && !kSpecial[static_cast<unsigned char>(text[i])]) ++i;
  return i;
}

void AppendSlowly(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t plain = PlainPrefix(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte < 0x80) {
      AppendPercent(out, byte);
      text.remove_prefix(1);
      continue;
    }
    const Utf8Step step = NextUtf8(text);
    out += step.valid ? text.substr(0, step.size) : kReplacementCharacter;
    text.remove_prefix(step.size);
  }
}

}  // namespace

void AppendUpdatePrefix(int sub_id, int item, std::string& out) {
  constexpr std::size_t kNumber = 11;  // digits of an int and a sign
  std::array<char, 2 + 2 * (kNumber + 1)> prefix{'U', ','};
  char* at = prefix.data() + 2;
  at = std::to_chars(at, prefix.data() + 2 + kNumber, sub_id).ptr;
  *at++ = ',';
  at = std::to_chars(at, prefix.data() + prefix.size() - 1, item).ptr;
  *at++ = ',';
  out.append(prefix.data(), at);
}

bool IsPlainValue(std::string_view value) {
  return !value.empty() && !IsLeadEscaped(value[0]) && PlainPrefix(value) == value.size();
}

void AppendEncodedValue(std::string_view value, std::string& out) {
  if (value.empty()) {
    out += kEmptyToken;
    return;
  }
  if (IsLeadEscaped(value[0])) {
    AppendPercent(out, static_cast<unsigned char>(value[0]));
    value.remove_prefix(1);
  }
  const std::size_t plain = PlainPrefix(value);
  out.append(value.data(), plain);
  if (plain < value.size()) AppendSlowly(value.substr(plain), out);
}

void AppendTail(std::span<const FieldView> fields, std::string& out) {
  TailWriter writer(out);
  for (const FieldView& field : fields) {
    if (!field.changed) {
      writer.Unchanged();
    } else if (field.is_null) {
      writer.Null();
    } else {
      writer.Value(field.text);
    }
  }
  writer.Finish();
}

void TailWriter::FlushRun() {
  if (run_ < kShortestCountedRun) {
    // An empty token each: only the separators show.
    out_.append(first_ ? run_ - 1 : run_, '|');
  } else {
    if (!first_) out_ += '|';
    std::array<char, 16> token{'^'};
    out_.append(token.data(),
                std::to_chars(token.data() + 1, token.data() + token.size(), run_).ptr);
  }
  first_ = false;
  run_ = 0;
}

}  // namespace penstock::tlcp
