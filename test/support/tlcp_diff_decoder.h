// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a client does with a TLCP-diff, after sections 5.2 and 5.5 of the protocol, independent of
// the encoder. For tests.
namespace penstock::test {

using Characters = std::vector<std::string_view>;

// Of valid UTF-8. Nothing if a character is above U+FFFF: the others are one UTF-16 code unit each,
// and clients count those in different ways.
inline std::optional<Characters> SplitCharacters(std::string_view text) {
  Characters characters;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead >= 0xF0) return std::nullopt;
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
    characters.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return characters;
}

// Reads `diff`, already percent-decoded. Shard: none. Life: one diff, and shorter than the texts.
class TlcpDiffDecoder {
 public:
  TlcpDiffDecoder(Characters base, Characters diff)
      : base_(std::move(base)), diff_(std::move(diff)) {}

  // Nothing for a diff that ends within a section or leaves the base.
  std::optional<std::string> Decode() {
    while (at_ < diff_.size()) {
      if (!Take(base_, &base_at_)) return std::nullopt;  // copy
      if (at_ == diff_.size()) break;
      if (!Take(diff_, &at_)) return std::nullopt;  // add
      if (at_ == diff_.size()) break;
      const std::optional<std::size_t> skipped = Number();  // del
      if (!skipped || *skipped > base_.size() - base_at_) return std::nullopt;
      base_at_ += *skipped;
    }
    return result_;
  }

 private:
  // A number, then so many characters of `from` to the result.
  bool Take(const Characters& from, std::size_t* at) {
    const std::optional<std::size_t> count = Number();
    if (!count || *count > from.size() - *at) return false;
    for (std::size_t end = *at + *count; *at < end; ++*at) result_ += from[*at];
    return true;
  }

  std::optional<std::size_t> Number() {
    std::size_t number = 0;
    while (at_ < diff_.size() && number < (std::size_t{1} << 32)) {
      const char letter = diff_[at_++][0];
      if (letter >= 'a' && letter <= 'z')
        return number * 26 + static_cast<std::size_t>(letter - 'a');
      if (letter < 'A' || letter > 'Z') return std::nullopt;
      number = number * 26 + static_cast<std::size_t>(letter - 'A');
    }
    return std::nullopt;
  }

  Characters base_;
  Characters diff_;
  std::string result_;
  std::size_t base_at_ = 0;
  std::size_t at_ = 0;
};

// All in UTF-8.
inline std::optional<std::string> ApplyTlcpDiff(std::string_view base, std::string_view diff) {
  auto from = SplitCharacters(base);
  auto by = SplitCharacters(diff);
  if (!from || !by) return std::nullopt;
  return TlcpDiffDecoder(std::move(*from), std::move(*by)).Decode();
}

}  // namespace penstock::test
