// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/diff_order.h"

// Values sent as their difference to the last one: the tokens `^P` and `^T` of a `U` line, for
// clients of TLCP 2.4 and later (Version::HasValueDiffs). Shard: any; no state.
namespace penstock::tlcp {

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
