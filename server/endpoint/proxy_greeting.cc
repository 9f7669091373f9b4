// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/proxy_greeting.h"

#include "base/log.h"
#include "endpoint/endpoint.h"

namespace penstock::endpoint {

ProxyGreeting::ProxyGreeting(Endpoint& endpoint, std::uint32_t listener, tcp::Descriptor socket,
                             const tcp::Endpoint& peer, protection::Seat seat)
    : endpoint_(endpoint),
      listener_index_(listener),
      peer_(peer),
      socket_(endpoint.shard(), std::move(socket), this),
      seat_(std::move(seat)),
      timer_(
          [](void* self) { static_cast<ProxyGreeting*>(self)->Refuse("no PROXY header in time"); },
          this) {}

const ListenerProfile& ProxyGreeting::listener() const {
  return endpoint_.listener(listener_index_);
}

void ProxyGreeting::Start(std::uint32_t slot) {
  slot_ = slot;
  if (!socket_.is_open()) {
    Close();
    return;
  }
  endpoint_.shard().wheel().Arm(timer_,
                                endpoint_.shard().now() + listener().proxy_protocol_timeout);
  socket_.WaitReadable();
}

void ProxyGreeting::OnReadable() {
  const std::span<char> buffer = endpoint_.shard().read_buffer();
  const tcp::ReadResult seen = socket_.Peek(buffer);
  if (seen.status == tcp::ReadStatus::kWouldBlock) {
    socket_.WaitReadable();
    return;
  }
  if (seen.status != tcp::ReadStatus::kData) {
    // A balancer that only looks whether the port is open says nothing, and is no error.
    if (parser_.empty()) {
      Close();
    } else {
      Refuse("closed within the PROXY header");
    }
    return;
  }
  std::size_t used = 0;
  const tcp::ProxyResult result = parser_.Consume({buffer.data(), seen.size}, &used);
  // What was seen is there, so it is read at once.
  if (socket_.Read(buffer.first(used)).status != tcp::ReadStatus::kData) {
    Refuse("broken within the PROXY header");
    return;
  }
  switch (result) {
    case tcp::ProxyResult::kNeedMore:
      socket_.WaitReadable();
      break;
    case tcp::ProxyResult::kError:
      Refuse(parser_.error());
      break;
    case tcp::ProxyResult::kDone:
      Finish();
      break;
  }
}

void ProxyGreeting::Refuse(std::string_view why) {
  ++endpoint_.counters().proxy_headers_refused;
  endpoint_.Complain(
      Complaints::Kind::kProxyHeader, "connection refused",
      {{"peer", tcp::AddressText(peer_)}, {"listener", listener().name}, {"reason", why}});
  Close();
}

void ProxyGreeting::Finish() {
  timer_.Cancel();
  if (const auto& client = parser_.client()) {
    PENSTOCK_LOG(kConnection, kDebug, "client of a proxy", {"client", tcp::AddressText(*client)},
                 {"port", client->port()}, {"peer", tcp::AddressText(peer_)},
                 {"listener", listener().name});
  }
  const Client client{parser_.client().value_or(peer_), parser_.client().has_value()};
  endpoint_.OnGreeted(slot_, socket_.Release(), client);
}

void ProxyGreeting::Close() {
  timer_.Cancel();
  socket_.Close();
  endpoint_.OnNotGreeted(slot_);
}

}  // namespace penstock::endpoint
