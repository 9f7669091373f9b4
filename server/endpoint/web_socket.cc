// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/web_socket.h"

#include <utility>

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
    if (event.kind == ws::EventKind::kNeedMore) {
      WatchHalfMessage(data.size() - used);
      break;
    }
    if (!OnEvent(event)) break;
  }
  return used;
}

bool WebSocket::OnEvent(const ws::FrameEvent& event) {
  switch (event.kind) {
    case ws::EventKind::kNeedMore:
      return false;
    case ws::EventKind::kMessage:
      EndHalfMessage();
      if (close_sent_) return true;
      ++connection_.endpoint().counters().ws_messages;
      consumer_->OnMessage(event.text, event.payload);
      return true;
    case ws::EventKind::kPing:
      if (!close_sent_ && CountControlFrame()) OnPing(event.payload);
      return true;
    case ws::EventKind::kPong:
      if (!close_sent_) CountControlFrame();
      return true;
    case ws::EventKind::kClose:
      SendClose(event.code, "");
      break;
    case ws::EventKind::kError:
      ++connection_.endpoint().counters().protocol_errors;
      connection_.endpoint().Complain(
          Complaints::Kind::kFrame, "bad WebSocket frame",
          {{"client", connection_.client_ip()}, {"reason", event.payload}});
      SendClose(event.code, event.payload);
      break;
  }
  // Both sides have said their last word, or the client's cannot be understood.
  connection_.CloseAfterWrites();
  return false;
}

bool WebSocket::CountControlFrame() {
  const std::uint32_t limit = connection_.endpoint().options().control_frame_rate;
  if (control_frames_.Take(connection_.shard().now(), limit)) return true;
  connection_.endpoint().sessions().Note(protection::Limit::kControlFrames,
                                         connection_.client_ip());
  Close(ws::CloseCode::kPolicyViolation, "too many control frames");
  return false;
}

// A message that began to come has to come to its end, on a socket with a session too.
void WebSocket::WatchHalfMessage(std::size_t kept) {
  if (close_sent_) return;
  if (kept == 0 && !parser_.in_message()) {
    EndHalfMessage();
    return;
  }
  if (!half_sent()) half_since_ = connection_.shard().now();
  connection_.ExpectRest(half_since_, parser_.message_bytes() + kept);
}

void WebSocket::EndHalfMessage() {
  if (!half_sent()) return;
  half_since_ = TimePoint::max();
  if (close_sent_) return;
  connection_.ExpectInput(Millis(0));
  consumer_->OnWhole();
}

// RFC 6455 section 5.5.3: of pings that piled up the latest is enough.
void WebSocket::OnPing(std::string_view payload) {
  if (connection_.writable()) {
    Send(ws::Opcode::kPong, payload);
  } else {
    pong_ = std::make_unique<std::string>(payload);
  }
}

void WebSocket::SendPong() {
  if (pong_ != nullptr) Send(ws::Opcode::kPong, *std::exchange(pong_, nullptr));
}

void WebSocket::Send(ws::Opcode opcode, std::string_view message) {
  if (close_sent_) return;
  std::string frames;
  ws::AppendMessage(opcode, message, connection_.endpoint().options().max_ws_frame, &frames);
  connection_.WriteSoon(std::move(frames));
}

void WebSocket::SendInPlace(std::string& buffer, std::size_t begin) {
  const std::size_t size = buffer.size() - begin;
  const std::size_t max_frame = connection_.endpoint().options().max_ws_frame;
  if (close_sent_) return;
  if (max_frame != 0 && size > max_frame) {
    Send(ws::Opcode::kText, std::string_view(buffer).substr(begin));
    connection_.WriteHeld();
    return;
  }
  const std::size_t header = ws::WriteHeader(buffer.data() + begin, ws::Opcode::kText, size);
  connection_.WriteWithOthers(std::string_view(buffer).substr(begin - header));
}

void WebSocket::SendClose(ws::CloseCode code, std::string_view reason) {
  if (close_sent_) return;
  close_sent_ = true;
  pong_.reset();
  std::string frame;
  ws::AppendClose(code, reason, &frame);
  connection_.Write(frame);
  consumer_->OnClosed();
}

void WebSocket::Close(ws::CloseCode code, std::string_view reason) {
  if (close_sent_) return;
  SendClose(code, reason);
  // A client that does not read has its own time limit, and the handshake's begins behind it.
  connection_.ExpectInput(connection_.writable() ? connection_.endpoint().options().closing_wait
                                                 : Millis(0));
}

void WebSocket::OnDrained() {
  if (close_sent_) {
    connection_.ExpectInput(connection_.endpoint().options().closing_wait);
    return;
  }
  SendPong();
  consumer_->OnDrained();
}

void WebSocket::OnEnd() {
  if (!std::exchange(close_sent_, true)) consumer_->OnClosed();
}

void WebSocket::OnTimeout() {
  if (close_sent_) {
    connection_.Close("no answer to a close frame");
    return;
  }
  ++connection_.endpoint().counters().read_timeouts;
  if (half_sent()) {
    connection_.endpoint().sessions().Note(protection::Limit::kSlowRequest,
                                           connection_.client_ip());
    Close(ws::CloseCode::kPolicyViolation, "message not complete");
  } else {
    Close(ws::CloseCode::kNormal, "idle");
  }
}

void WebSocket::Drain() { Close(ws::CloseCode::kGoingAway, "server shuts down"); }

std::size_t WebSocket::max_unread() const {
  constexpr std::size_t kMaskSize = 4;
  return parser_.max_message_bytes() + ws::kMaxHeaderSize + kMaskSize;
}

}  // namespace penstock::endpoint
