// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "dialer.h"

#include <memory>
#include <utility>

#include "tcp.h"
#include "tcp_stream.h"

namespace penstock::adapter {

Result<Connector::Streams> Dialer::Open(const StopSignal& stop) {
  std::shared_ptr<const TlsContext> tls;
  if (endpoint_.tls) {
    auto loaded = LoadTls(options_.tls, endpoint_.role);
    if (!loaded) return loaded.error();
    tls = *loaded;
  }
  const Patience patience{DeadlineAfter(options_.connect_timeout), &stop};
  const Result<Addresses> addresses = resolver_.Look(patience);
  if (!addresses) return addresses.error();
  auto stream = Connect(tls, *addresses, patience);
  if (!stream) return stream.error();
  Streams streams;
  streams.push_back(std::move(stream).value());
  if (!endpoint_.notify_port) return streams;

  // Another address of the host may be another server.
  const Result<SocketAddress> peer = PeerAddress(streams.front()->fd());
  if (!peer) return peer.error();
  const Patience more{DeadlineAfter(options_.connect_timeout), &stop};
  stream = Connect(tls, {WithPort(*peer, *endpoint_.notify_port)}, more);
  if (!stream) return stream.error();
  streams.push_back(std::move(stream).value());
  return streams;
}

Result<std::unique_ptr<Stream>> Dialer::Connect(const std::shared_ptr<const TlsContext>& tls,
                                                const Addresses& addresses,
                                                const Patience& patience) {
  Result<UniqueFd> fd = Dial(addresses, patience);
  if (!fd) return fd.error();
  if (tls != nullptr) return StartTls(tls, std::move(fd).value(), endpoint_.host, patience);
  return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(fd).value()));
}

}  // namespace penstock::adapter
