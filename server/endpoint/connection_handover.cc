// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// How a connection goes from one shard to another, with a request that is served there.

#include <utility>

#include "endpoint/connection.h"
#include "endpoint/http_channel.h"
#include "endpoint/web_socket.h"
#include "endpoint/ws_channel.h"

namespace penstock::endpoint {

void Connection::HandOver(Handover handover) {
  state_ = State::kLeaving;
  handover_ = std::make_unique<Handover>(std::move(handover));
  // In the middle of a buffer the rest of it has to come along.
  if (!processing_) Leave(kept_ == nullptr ? std::string_view() : *kept_);
}

void Connection::Leave(std::string_view unread) {
  SettleBatch();
  const std::unique_ptr<Handover> handover = std::move(handover_);
  if (ws_ != nullptr) ws_->OnLeave();
  WriteHeld();
  handover->listener = listener_index_;
  handover->client = client_;
  handover->unread = unread;
  handover->flood = flood_;
  if (ws_ != nullptr) handover->control_frames = ws_->control_frames();
  handover->seat = std::move(seat_);
  handover->place = std::move(place_);
  handover->unsent = socket_.TakeBacklog();
  handover->tls = socket_.TakeTls();
  handover->descriptor = socket_.Release();
  state_ = State::kClosed;
  timer_.Cancel();
  endpoint_.HandOver(std::move(*handover));
  endpoint_.Retire(self_);
}

Connection::Connection(Endpoint& endpoint, Handover handover)
    : endpoint_(endpoint),
      socket_(endpoint.shard(), std::move(handover.descriptor), this),
      client_(handover.client),
      seat_(std::move(handover.seat)),
      place_(std::move(handover.place)),
      flood_(handover.flood),
      listener_index_(handover.listener),
      handover_(std::make_unique<Handover>(std::move(handover))),
      timer_([](void* self) { static_cast<Connection*>(self)->OnTimer(); }, this) {
  socket_.Secure(std::move(handover_->tls));
}

void Connection::Arrive(Handover& arrival) {
  Keep(arrival.unread);
  if (!arrival.unsent.empty()) Write(arrival.unsent);
  if (!arrival.websocket) {
    http_ = std::make_unique<HttpChannel>(*this);
    http_->Serve(arrival.head, std::move(arrival.body));
    return;
  }
  auto tlcp = std::make_unique<WsChannel>(*this, arrival.version,
                                          endpoint_.texts().Get(arrival.ws_headers));
  WsChannel& requests = *tlcp;
  Upgrade(std::make_unique<WebSocket>(*this, endpoint_.options().request_limit, std::move(tlcp)));
  ws_->SetControlFrames(arrival.control_frames);
  requests.Serve(std::move(arrival.body), std::move(arrival.waiting));
}

}  // namespace penstock::endpoint
