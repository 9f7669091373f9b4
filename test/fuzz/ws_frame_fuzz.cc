// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "unit/server/transport/ws/transcribe.h"

// First byte: how many cuts. Then the cuts, a byte each: distance from the one before. The rest is
// what a client sends; whole and cut it must be understood alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ws = penstock::ws;
  if (size == 0) return 0;
  const std::size_t count = std::min<std::size_t>(data[0] % 16, size - 1);
  std::vector<std::size_t> cuts;
  std::size_t at = 0;
  for (std::size_t i = 1; i <= count; ++i) cuts.push_back(at += data[i]);
  const std::string_view input(reinterpret_cast<const char*>(data) + 1 + count, size - 1 - count);

  constexpr std::size_t kMaxMessageBytes = 300;
  const std::string whole = ws::Transcriber(kMaxMessageBytes).Run(input, {});
  PENSTOCK_CHECK(ws::Transcriber(kMaxMessageBytes).Run(input, cuts) == whole);
  return 0;
}
