// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "dialer.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "tcp.h"
#include "tcp_stream.h"
#include "tls.h"

namespace penstock::adapter {

Result<Connector::Streams> Dialer::Open(const StopSignal& stop) {
  std::shared_ptr<const TlsContext> tls;
  if (endpoint_.tls) {
    auto loaded = LoadTls(options_.tls, endpoint_.role);
    if (!loaded) return loaded.error();
    tls = *loaded;
  }
  std::vector<uint16_t> ports{endpoint_.port};
  if (endpoint_.notify_port) ports.push_back(*endpoint_.notify_port);
  Streams streams;
  for (const uint16_t port : ports) {
    const Patience patience{DeadlineAfter(options_.connect_timeout), &stop};
    Result<UniqueFd> fd = Dial(endpoint_.host, port, patience);
    if (!fd) return fd.error();
    if (tls == nullptr) {
      streams.push_back(std::make_unique<TcpStream>(std::move(fd).value()));
      continue;
    }
    auto stream = StartTls(tls, std::move(fd).value(), endpoint_.host, patience);
    if (!stream) return stream.error();
    streams.push_back(std::move(stream).value());
  }
  return streams;
}

}  // namespace penstock::adapter
