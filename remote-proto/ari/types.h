// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::ari {

// A nullable string of a packet on the cold path; the hot path uses Text.
using NullableString = std::optional<std::string>;

// A name with its value: header, context entry, init parameter.
struct Pair {
  std::string name;
  NullableString value;
  bool operator==(const Pair&) const = default;
};

enum class Mode : uint8_t { kRaw = 1, kMerge = 2, kDistinct = 4, kCommand = 8 };

// A set of modes. Default: none.
class ModeSet {
 public:
  constexpr ModeSet() = default;
  static constexpr ModeSet All() { return ModeSet(15); }
  constexpr void Add(Mode mode) {
    bits_ = static_cast<uint8_t>(bits_ | static_cast<uint8_t>(mode));
  }
  constexpr bool Has(Mode mode) const { return (bits_ & static_cast<uint8_t>(mode)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const ModeSet&) const = default;

 private:
  constexpr explicit ModeSet(uint8_t bits) : bits_(bits) {}
  uint8_t bits_ = 0;
};

enum class MpnPlatform : uint8_t { kNone, kApple, kGoogle };

}  // namespace penstock::ari
