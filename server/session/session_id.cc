// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/check.h"
#include "base/parse_number.h"
#include "base/percent.h"

namespace penstock::session {

namespace {
constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kRandomEnd = 1 + 2 * kRandomBytes;

// From the system, for some ids at a time; never given twice.
std::span<const unsigned char> RandomBytes() {
  thread_local std::array<unsigned char, 16 * kRandomBytes> stock;
  thread_local std::size_t used = stock.size();
  if (used == stock.size()) {
    PENSTOCK_CHECK(::getrandom(stock.data(), stock.size(), 0) ==
                   static_cast<ssize_t>(stock.size()));
    used = 0;
  }
  used += kRandomBytes;
  return std::span(stock).subspan(used - kRandomBytes, kRandomBytes);
}
}  // namespace

std::string MakeSessionId(const SessionAddress& address) {
  const std::span<const unsigned char> random = RandomBytes();
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  id.reserve(kRandomEnd + 16);
  id += 'S';
  for (const unsigned char byte : random) {
    id += kHex[byte >> 4];
    id += kHex[byte & 15];
  }
  if (address.node != 0) {
    id += 'N';
    id += std::to_string(address.node);
  }
  id += 'T';
  id += std::to_string(address.shard);
  return id;
}

std::optional<SessionAddress> AddressOfSessionId(std::string_view id) {
  if (id.size() <= kRandomEnd || id[0] != 'S') return std::nullopt;
  for (const char c : id.substr(1, 2 * kRandomBytes)) {
    if (HexValue(c) < 0) return std::nullopt;
  }
  SessionAddress address;
  std::string_view rest = id.substr(kRandomEnd);
  if (rest[0] == 'N') {
    const std::size_t end = std::min(rest.find('T'), rest.size());
    const auto node = ParseNumber<std::uint32_t>(rest.substr(1, end - 1));
    if (!node || *node == 0) return std::nullopt;
    address.node = *node;
    rest.remove_prefix(end);
  }
  if (rest.empty() || rest[0] != 'T') return std::nullopt;
  const auto shard = ParseNumber<runtime::ShardIndex>(rest.substr(1));
  if (!shard) return std::nullopt;
  address.shard = *shard;
  return address;
}

}  // namespace penstock::session
