// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// JSON Patch (RFC 6902), what a `^P` token carries. Shard: any; no state.
namespace penstock::tlcp {

// True for a JSON object or array that every client reads as we do, so that it may be the base and
// the result of a patch. Not so: duplicate keys, keys that mean something to JavaScript's objects,
// numbers that a double does not hold, half a surrogate pair, more than 64 levels.
bool IsPatchableJson(std::string_view text);

enum class JsonPatchResult : std::uint8_t {
  kAppended,
  kNone,         // no patch of this size, or `next` is not patchable
  kBaseNotJson,  // `base` is not patchable
};

// Appends the patch, not percent-encoded, that makes `next` of `base`, if it has no more than
// `max_bytes`; else nothing. Time is linear in the two sizes, and stops at `max_bytes`.
[[nodiscard]] JsonPatchResult AppendJsonPatch(std::string_view base, std::string_view next,
                                              std::size_t max_bytes, std::string& out);

}  // namespace penstock::tlcp
