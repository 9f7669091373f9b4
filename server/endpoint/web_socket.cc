// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/web_socket.h"

#include "base/log.h"
#include "endpoint/connection.h"

namespace penstock::endpoint {

WebSocket::WebSocket(Connection& connection, std::size_t max_message_bytes,
                     std::unique_ptr<WsConsumer> consumer)
    : connection_(connection), parser_(max_message_bytes), consumer_(std::move(consumer)) {}

WebSocket::~WebSocket() = default;

std::size_t WebSocket::Consume(std::span<char> data) {
  std::size_t used = 0;
  while (connection_.is_open()) {
    std::size_t consumed = 0;
    const ws::FrameEvent event = parser_.Next(data.subspan(used), &consumed);
    used += consumed;
    switch (event.kind) {
      case ws::EventKind::kNeedMore:
        return used;
      case ws::EventKind::kMessage:
        ++connection_.endpoint().counters().ws_messages;
        consumer_->OnMessage(event.text, event.payload);
        break;
      case ws::EventKind::kPing:
        Send(ws::Opcode::kPong, event.payload);
        break;
      case ws::EventKind::kPong:
        break;
      case ws::EventKind::kClose:
        Close(event.code, "");
        break;
      case ws::EventKind::kError:
        ++connection_.endpoint().counters().protocol_errors;
        PENSTOCK_LOG(kConnection, kInfo, "bad WebSocket frame", {"client", connection_.client_ip()},
                     {"reason", event.payload});
        Close(event.code, event.payload);
        break;
    }
  }
  return used;
}

void WebSocket::Send(ws::Opcode opcode, std::string_view payload) {
  std::string frame;
  ws::AppendFrame(opcode, payload, &frame);
  connection_.Write(frame);
}

void WebSocket::SendInPlace(std::string& buffer, std::size_t begin) {
  const std::size_t header =
      ws::WriteHeader(buffer.data() + begin, ws::Opcode::kText, buffer.size() - begin);
  connection_.Write(std::string_view(buffer).substr(begin - header));
}

void WebSocket::Close(ws::CloseCode code, std::string_view reason) {
  if (close_sent_) return;
  close_sent_ = true;
  std::string frame;
  ws::AppendClose(code, reason, &frame);
  connection_.Write(frame);
  consumer_->OnClosed();
  connection_.CloseAfterWrites();
}

void WebSocket::OnDrained() { consumer_->OnDrained(); }

void WebSocket::OnEnd() { consumer_->OnClosed(); }

void WebSocket::OnIdle() { Close(ws::CloseCode::kNormal, "idle"); }

void WebSocket::Drain() { Close(ws::CloseCode::kGoingAway, "server shuts down"); }

}  // namespace penstock::endpoint
