// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "transport/http/accept_encoding.h"
#include "transport/http/path.h"
#include "unit/server/transport/http/transcribe.h"

// First byte: how many cuts. Then the cuts, a byte each: distance from the one before. The rest is
// what a client sends; whole and cut it must be understood alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = penstock::http;
  if (size == 0) return 0;
  const std::size_t count = std::min<std::size_t>(data[0] % 16, size - 1);
  std::vector<std::size_t> cuts;
  std::size_t at = 0;
  for (std::size_t i = 1; i <= count; ++i) cuts.push_back(at += data[i]);
  const std::string_view input(reinterpret_cast<const char*>(data) + 1 + count, size - 1 - count);

  // Small limits, so that short inputs reach them.
  http::HeadLimits limits;
  limits.max_request_line_bytes = 100;
  limits.max_head_bytes = 400;
  limits.max_headers = 8;
  const std::string whole = http::Transcriber(limits, 200).Run(input, {});
  PENSTOCK_CHECK(http::Transcriber(limits, 200).Run(input, cuts) == whole);

  http::RequestHead asking;
  asking.headers.push_back({"Accept-Encoding", input});
  const bool accepts = http::AcceptsGzip(asking);
  asking.headers.insert(asking.headers.begin(), {"Accept-Encoding", ""});
  PENSTOCK_CHECK(http::AcceptsGzip(asking) == accepts);

  const std::string path = "/" + std::string(input.substr(0, input.find(' ')));
  if (const auto relative = http::SafeRelativePath(path)) {
    PENSTOCK_CHECK(("/" + *relative).find("/.") == std::string::npos);
    PENSTOCK_CHECK(relative->find('\0') == std::string::npos);
    PENSTOCK_CHECK(relative->find("//") == std::string::npos && !relative->starts_with('/'));
  }
  return 0;
}
