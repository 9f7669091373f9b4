// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_id.h"

#include <sys/random.h>

#include <array>

#include "base/check.h"
#include "base/parse_number.h"
#include "base/percent.h"

namespace penstock::session {

namespace {
constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kShardMark = 1 + 2 * kRandomBytes;
}  // namespace

std::string MakeSessionId(runtime::ShardIndex shard) {
  std::array<unsigned char, kRandomBytes> random;
  PENSTOCK_CHECK(::getrandom(random.data(), random.size(), 0) ==
                 static_cast<ssize_t>(random.size()));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id = "S";
  for (const unsigned char byte : random) {
    id += kHex[byte >> 4];
    id += kHex[byte & 15];
  }
  id += 'T';
  id += std::to_string(shard);
  return id;
}

std::optional<runtime::ShardIndex> ShardOfSessionId(std::string_view id) {
  if (id.size() <= kShardMark || id[0] != 'S' || id[kShardMark] != 'T') return std::nullopt;
  for (const char c : id.substr(1, 2 * kRandomBytes)) {
    if (HexValue(c) < 0) return std::nullopt;
  }
  return ParseNumber<runtime::ShardIndex>(id.substr(kShardMark + 1));
}

}  // namespace penstock::session
