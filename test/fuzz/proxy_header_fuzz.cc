// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "transport/tcp/proxy_header.h"

// First byte: the length of the pieces in which the rest comes; whole and cut it must be understood
// alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace tcp = penstock::tcp;
  if (size == 0) return 0;
  const std::size_t piece = data[0] % 32 + 1;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  tcp::ProxyHeaderParser whole;
  std::size_t used = 0;
  const tcp::ProxyResult result = whole.Consume(input, &used);
  PENSTOCK_CHECK(used <= input.size() && used <= tcp::kMaxProxyV2Bytes);
  PENSTOCK_CHECK(result != tcp::ProxyResult::kNeedMore || used == input.size());

  tcp::ProxyHeaderParser cut;
  tcp::ProxyResult cut_result = tcp::ProxyResult::kNeedMore;
  std::size_t all_used = 0;
  while (all_used < input.size() && cut_result == tcp::ProxyResult::kNeedMore) {
    std::size_t part = 0;
    cut_result = cut.Consume(input.substr(all_used, piece), &part);
    all_used += part;
  }
  PENSTOCK_CHECK(cut_result == result && all_used == used);
  PENSTOCK_CHECK(cut.client() == whole.client() && cut.error() == whole.error());
  return 0;
}
