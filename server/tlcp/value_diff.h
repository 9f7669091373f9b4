// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Values sent as their difference to the last one: the tokens `^P` and `^T` of a `U` line, for
// clients of TLCP 2.4 and later (Version::HasValueDiffs). Shard: any; no state.
namespace penstock::tlcp {

enum class DiffAlgorithm : std::uint8_t { kJsonPatch, kTlcpDiff };

// The algorithms that may be tried on a field, in order of preference; empty = never. It has to be
// the same for all updates of an item that a client gets in one subscription.
class DiffOrder {
 public:
  static constexpr DiffOrder None() { return {}; }

  // At the end; one that is there already stays where it is.
  constexpr void Add(DiffAlgorithm algorithm) {
    if (!contains(algorithm)) (first_ == 0 ? first_ : second_) = RankOf(algorithm);
  }
  constexpr bool contains(DiffAlgorithm algorithm) const {
    return first_ == RankOf(algorithm) || second_ == RankOf(algorithm);
  }
  constexpr bool empty() const { return first_ == 0; }

  auto operator<=>(const DiffOrder&) const = default;

 private:
  static constexpr std::uint8_t RankOf(DiffAlgorithm algorithm) {
    return algorithm == DiffAlgorithm::kJsonPatch ? 1 : 2;
  }

  std::uint8_t first_ = 0;  // 0 = nothing
  std::uint8_t second_ = 0;
};

// What a client said it can decode (LS_supported_diffs).
struct DiffSupport {
  bool json_patch = false;
  bool tlcp_diff = false;

  bool operator==(const DiffSupport&) const = default;
};

// What the operator allows.
struct DiffLimits {
  // JSON Patch is tried if both values have that many bytes; nothing = it is always used, even if
  // it is longer than the value, for clients that want patches as data.
  std::optional<std::size_t> json_patch_min_length = 50;
  // No diff is tried on a longer value, and no patch is longer.
  std::size_t max_value_bytes = 64 * 1024;

  bool operator==(const DiffLimits&) const = default;
};

// Appends the whole token, percent-encoded, that takes a client from `base` to `next`, if it is
// shorter than the token of `next` itself. False: nothing is appended, send the full value.
//
// A client whose value came as a patch cannot apply a `^T`. No state remembers that: a base that
// can have come as a patch gets no `^T` where patches are possible, so that of both algorithms a
// JSON value is only ever patched, whatever is preferred. Allocates: to be called once for all
// clients that would get the same token.
[[nodiscard]] bool AppendValueDiff(std::string_view base, std::string_view next, DiffOrder order,
                                   DiffSupport support, const DiffLimits& limits, std::string& out);

}  // namespace penstock::tlcp
