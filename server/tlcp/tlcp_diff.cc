// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/tlcp_diff.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tlcp/text_codec.h"

namespace penstock::tlcp {
namespace {

using Units = std::u16string_view;

// A shorter match inside the changed region costs as much as it saves: up to three numbers.
constexpr std::size_t kBlock = 6;
// Blocks of one hash that are looked at for a match.
constexpr int kMaxCandidates = 8;

// `length` units that are the same from these two places on.
struct Match {
  std::size_t base;
  std::size_t next;
  std::size_t length;
};

// False on bad UTF-8 and on characters above U+FFFF.
bool DecodeUnits(std::string_view text, std::u16string* units) {
  units->reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) {
      units->push_back(lead);
      text.remove_prefix(1);
      continue;
    }
    const Utf8Step step = NextUtf8(text);
    if (!step.valid || step.size > 3) return false;
    unsigned code = step.size == 2 ? lead & 0x1Fu : lead & 0x0Fu;
    for (std::size_t i = 1; i < step.size; ++i) {
      code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    units->push_back(static_cast<char16_t>(code));
    text.remove_prefix(step.size);
  }
  return true;
}

void AppendUtf8(Units units, std::string* out) {
  for (const char16_t unit : units) {
    if (unit < 0x80) {
      *out += static_cast<char>(unit);
      continue;
    }
    if (unit < 0x800) {
      *out += static_cast<char>(0xC0 | unit >> 6);
    } else {
      *out += static_cast<char>(0xE0 | unit >> 12);
      *out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
    }
    *out += static_cast<char>(0x80 | (unit & 0x3F));
  }
}

// Plain base 26 with A = 0, which all clients decode. One row of the specification's table reads as
// if the letters before the last weighed one more; only numbers below 26 are the same both ways,
// and keeping to them would take four letters for each 25 units copied.
void AppendNumber(std::size_t number, std::string* out) {
  std::size_t weight = 1;
  while (number / weight >= 26) weight *= 26;
  for (; weight > 1; weight /= 26) *out += static_cast<char>('A' + number / weight % 26);
  *out += static_cast<char>('a' + number % 26);
}

std::size_t NumberSize(std::size_t number) {
  std::size_t size = 1;
  for (; number >= 26; number /= 26) ++size;
  return size;
}

std::size_t CommonPrefix(Units a, Units b) {
  const std::size_t limit = std::min(a.size(), b.size());
  std::size_t size = 0;
  while (size < limit && a[size] == b[size]) ++size;
  return size;
}

std::size_t CommonSuffix(Units a, Units b) {
  const std::size_t limit = std::min(a.size(), b.size());
  std::size_t size = 0;
  while (size < limit && a[a.size() - 1 - size] == b[b.size() - 1 - size]) ++size;
  return size;
}

// The places of every block of a text. Life: one diff; a place asked for is never before an
// earlier one, so that each place is passed over once.
class BlockIndex {
 public:
  explicit BlockIndex(Units text)
      : text_(text),
        heads_(std::bit_ceil(text.size()), kNone),
        following_(text.size() - kBlock + 1, kNone) {
    for (std::size_t at = following_.size(); at-- > 0;) {
      std::uint32_t& head = heads_[Slot(text_.substr(at, kBlock))];
      following_[at] = head;
      head = static_cast<std::uint32_t>(at);
    }
  }

  // The first place from `from` on with this block, or npos.
  std::size_t Find(Units block, std::size_t from) {
    std::uint32_t& head = heads_[Slot(block)];
    while (head != kNone && head < from) head = following_[head];
    std::uint32_t at = head;
    for (int i = 0; i < kMaxCandidates && at != kNone; ++i) {
      if (text_.substr(at, kBlock) == block) return at;
      at = following_[at];
    }
    return Units::npos;
  }

  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

 private:
  std::size_t Slot(Units block) const {
    std::uint64_t hash = 0;
    for (const char16_t unit : block) hash = (hash ^ unit) * 0x9E3779B97F4A7C15u;
    return (hash >> 32) & (heads_.size() - 1);
  }

  Units text_;
  std::vector<std::uint32_t> heads_;      // by slot; the first place not passed over
  std::vector<std::uint32_t> following_;  // by place: the next one of the same slot
};

// Adds what the two regions have in common, from left to right, the first that is found.
void FindMatches(Units base, Units next, std::size_t offset, std::vector<Match>* matches) {
  if (base.size() < kBlock || next.size() < kBlock) return;
  BlockIndex index(base);
  std::size_t base_end = 0;  // of the last match
  std::size_t next_end = 0;
  for (std::size_t at = 0; at + kBlock <= next.size();) {
    std::size_t place = index.Find(next.substr(at, kBlock), base_end);
    if (place == Units::npos) {
      ++at;
      continue;
    }
    std::size_t length = CommonPrefix(base.substr(place), next.substr(at));
    while (at > next_end && place > base_end && base[place - 1] == next[at - 1]) {
      --at;
      --place;
      ++length;
    }
    matches->push_back({offset + place, offset + at, length});
    at += length;
    base_end = place + length;
    next_end = at;
  }
}

// `matches` in ascending order; the first begins both texts, if only with length 0.
void Write(Units next, std::span<const Match> matches, std::string* diff) {
  std::size_t base_end = 0;
  std::size_t next_end = 0;
  for (const Match& match : matches) {
    if (&match != matches.data()) {
      AppendNumber(match.next - next_end, diff);
      AppendUtf8(next.substr(next_end, match.next - next_end), diff);
      AppendNumber(match.base - base_end, diff);
    }
    AppendNumber(match.length, diff);
    base_end = match.base + match.length;
    next_end = match.next + match.length;
  }
  // What is left of the base is dropped by not being copied.
  if (next_end < next.size()) {
    AppendNumber(next.size() - next_end, diff);
    AppendUtf8(next.substr(next_end), diff);
  }
}

}  // namespace

bool AppendTlcpDiff(std::string_view base, std::string_view next, std::string& out) {
  if (base.empty() || next.empty() || base.size() >= BlockIndex::kNone) return false;
  std::u16string base_units;
  std::u16string next_units;
  if (!DecodeUnits(base, &base_units) || !DecodeUnits(next, &next_units)) return false;
  const Units from(base_units);
  const Units to(next_units);

  const std::size_t prefix = CommonPrefix(from, to);
  std::size_t suffix = CommonSuffix(from.substr(prefix), to.substr(prefix));
  // A short one is cheaper repeated than copied.
  const std::size_t gone = from.size() - prefix - suffix;
  if (suffix <= NumberSize(gone) + NumberSize(suffix)) suffix = 0;
  const Units middle_from = from.substr(prefix, from.size() - prefix - suffix);
  const Units middle_to = to.substr(prefix, to.size() - prefix - suffix);

  std::vector<Match> matches{{0, 0, prefix}};
  FindMatches(middle_from, middle_to, prefix, &matches);
  if (suffix > 0) matches.push_back({from.size() - suffix, to.size() - suffix, suffix});
  Write(to, matches, &out);
  return true;
}

}  // namespace penstock::tlcp
