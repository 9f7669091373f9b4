// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

// TLCP-diff, what a `^T` token carries: `copy add del copy add del ...`, lengths in UTF-16 code
// units. Shard: any; no state.
namespace penstock::tlcp {

// Appends the diff, not percent-encoded, that makes `next` of `base`; never an empty one. False,
// with nothing appended: one of them is empty, not UTF-8, or has a character above U+FFFF, which
// clients count in different ways. Time and memory are linear in the two sizes; the diff is short,
// not the shortest, and longer than `next` when they have little in common.
[[nodiscard]] bool AppendTlcpDiff(std::string_view base, std::string_view next, std::string& out);

}  // namespace penstock::tlcp
