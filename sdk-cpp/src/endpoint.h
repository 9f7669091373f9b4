// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/adapter/result.h"

namespace penstock::adapter {

// Where a server's proxy is, as one entry of HostOptions::servers says it:
//   tcp://host:port               one connection
//   tcp://host:port?notify=port   two, for data adapters of older servers
// An IPv6 address stands in brackets. Thread: any; a value.
struct Endpoint {
  std::string text;  // as given, for the log and the listener
  std::string host;
  uint16_t port = 0;
  std::optional<uint16_t> notify_port;
};

Result<Endpoint> ParseEndpoint(std::string_view text);

}  // namespace penstock::adapter
