// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "connector.h"

#include <cstdint>
#include <utility>

namespace penstock::adapter {

std::vector<std::unique_ptr<Stream>> Connector::Open(const StopSignal& stop, std::string* error) {
  std::vector<uint16_t> ports{endpoint_.port};
  if (endpoint_.notify_port) ports.push_back(*endpoint_.notify_port);
  std::vector<std::unique_ptr<Stream>> streams;
  for (const uint16_t port : ports) {
    UniqueFd fd = Dial(endpoint_.host, port, options_.connect_timeout, stop, error);
    if (!fd) return {};
    streams.push_back(std::make_unique<Stream>(std::move(fd)));
  }
  return streams;
}

}  // namespace penstock::adapter
