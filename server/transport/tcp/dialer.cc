// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/dialer.h"

#include <utility>

#include "base/check.h"

namespace penstock::tcp {

namespace {

// Dialing a port of this machine that nobody listens on may find itself: the kernel picks the very
// port for this end, and the two SYNs meet.
template <class AsioSocket>
bool IsConnectedToItself(const AsioSocket& socket) {
  asio::error_code error;
  const Endpoint here = socket.local_endpoint(error);
  return !error && here == socket.remote_endpoint(error) && !error;
}

}  // namespace

Dialer::Dialer(runtime::Shard& shard, OnConnected on_connected, OnFailed on_failed)
    : shard_(shard),
      on_connected_(std::move(on_connected)),
      on_failed_(std::move(on_failed)),
      resolver_(shard),
      timer_([](void* self) { static_cast<Dialer*>(self)->OnTimeout(); }, this) {}

void Dialer::Dial(const std::string& host, std::uint16_t port) {
  PENSTOCK_DCHECK(!socket_ && left_.empty());
  resolver_.Look(host, [this, port](StatusOr<Resolver::Addresses> found) {
    OnAddresses(std::move(found), port);
  });
}

void Dialer::Stop() {
  resolver_.Forget();
  timer_.Cancel();
  left_.clear();
  socket_.reset();
}

void Dialer::OnAddresses(StatusOr<Resolver::Addresses> found, std::uint16_t port) {
  if (!found.ok()) {
    on_failed_(std::string(Message(found.status())));
    return;
  }
  for (auto it = found->rbegin(); it != found->rend(); ++it) left_.emplace_back(*it, port);
  TryNext();
}

void Dialer::TryNext() {
  if (left_.empty()) {
    on_failed_(std::exchange(why_, {}));
    return;
  }
  const Endpoint endpoint = left_.back();
  left_.pop_back();
  why_ = AddressText(endpoint) + " port " + std::to_string(endpoint.port()) + ": ";
  timed_out_ = false;
  socket_.emplace(shard_.io());
  shard_.wheel().Arm(timer_, shard_.now() + kTimeout);
  ++waits_;
  socket_->async_connect(endpoint, [this](const asio::error_code& error) {
    --waits_;
    if (socket_) OnConnect(error);  // else it was stopped
  });
}

void Dialer::OnConnect(const asio::error_code& error) {
  timer_.Cancel();
  AsioSocket socket = std::move(*socket_);
  Prepare(socket.native_handle());
  socket_.reset();
  if (!error && !timed_out_ && !IsConnectedToItself(socket)) {
    left_.clear();
    asio::error_code ignored;
    socket.non_blocking(true, ignored);
    const Endpoint peer = socket.remote_endpoint(ignored);
    on_connected_(Descriptor(socket.release(ignored)), peer);
    return;
  }
  if (timed_out_) {
    why_ += "no answer";
  } else {
    why_ += error ? error.message() : "nobody listens";
  }
  TryNext();
}

void Dialer::OnTimeout() {
  timed_out_ = true;
  asio::error_code ignored;
  socket_->close(ignored);
}

}  // namespace penstock::tcp
