// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/value_diff.h"

#include <algorithm>

#include "tlcp/json_patch.h"
#include "tlcp/tlcp_diff.h"
#include "tlcp/update_encoder.h"

namespace penstock::tlcp {
namespace {

constexpr std::size_t kNoLimit = std::string::npos;

std::size_t TokenSize(std::string_view value) {
  if (IsPlainValue(value)) return value.size();
  std::string token;
  AppendEncodedValue(value, token);
  return token.size();
}

JsonPatchResult TryPatch(std::string_view base, std::string_view next, std::size_t min_length,
                         std::size_t max_bytes, std::string& diff) {
  if (std::min(base.size(), next.size()) >= min_length) {
    return AppendJsonPatch(base, next, max_bytes, diff);
  }
  return IsPatchableJson(base) ? JsonPatchResult::kNone : JsonPatchResult::kBaseNotJson;
}

// No diff begins with a character that is encoded in front only, and none is empty.
bool AppendIfShorter(std::string_view marker, std::string_view diff, std::size_t limit,
                     std::string& out) {
  const std::size_t before = out.size();
  out += marker;
  AppendEncodedValue(diff, out);
  if (out.size() - before < limit) return true;
  out.resize(before);
  return false;
}

}  // namespace

bool AppendValueDiff(std::string_view base, std::string_view next, DiffOrder order,
                     DiffSupport support, const DiffLimits& limits, std::string& out) {
  const bool may_patch = support.json_patch && order.contains(DiffAlgorithm::kJsonPatch);
  const bool may_diff = support.tlcp_diff && order.contains(DiffAlgorithm::kTlcpDiff);
  if (!may_patch && !may_diff) return false;
  if (base.empty() || next.empty()) return false;
  if (std::max(base.size(), next.size()) > limits.max_value_bytes) return false;
  const std::size_t full_size = TokenSize(next);

  std::string diff;
  if (may_patch) {
    const bool always = !limits.json_patch_min_length;
    const std::size_t limit = always ? limits.max_value_bytes : full_size;
    switch (TryPatch(base, next, limits.json_patch_min_length.value_or(0), limit, diff)) {
      case JsonPatchResult::kAppended:
        return AppendIfShorter("^P", diff, always ? kNoLimit : full_size, out);
      case JsonPatchResult::kNone:
        return false;
      case JsonPatchResult::kBaseNotJson:
        break;
    }
  }
  if (!may_diff || !AppendTlcpDiff(base, next, diff)) return false;
  return AppendIfShorter("^T", diff, full_size, out);
}

}  // namespace penstock::tlcp
