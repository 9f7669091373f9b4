// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "endpoint/ws_consumer.h"
#include "protection/rate.h"
#include "transport/ws/close_code.h"
#include "transport/ws/frame_parser.h"
#include "transport/ws/frame_writer.h"

namespace penstock::endpoint {

class Connection;

// A WebSocket on a connection (RFC 6455): frames, pings, the closing handshake. What the messages
// say is its consumer's matter.
// Owned by its Connection. Shard: own. Invariant: after a close frame nothing is sent any more, and
// what the client sends but its own close frame is ignored.
class WebSocket {
 public:
  WebSocket(Connection& connection, std::size_t max_message_bytes,
            std::unique_ptr<WsConsumer> consumer);
  ~WebSocket();

  // Takes whole frames off `data`; returns how much. Unmasks in place.
  std::size_t Consume(std::span<char> data);
  void OnDrained();
  void OnEnd();
  // The connection goes to another shard, with what is not sent yet.
  void OnLeave() { SendPong(); }
  // The time for what was expected of the client is over.
  void OnTimeout();
  // Part of a message has come, and the rest is awaited.
  bool half_sent() const { return half_since_ != TimePoint::max(); }
  void Drain();
  // Of a frame that is not whole yet.
  std::size_t max_unread() const;

  // How fast its control frames come: goes along to another shard.
  const protection::Rate& control_frames() const { return control_frames_; }
  void SetControlFrames(const protection::Rate& rate) { control_frames_ = rate; }

  // A message, in one frame or as many as the options say; at the end of the turn, together with
  // what else is sent in it.
  void Send(ws::Opcode opcode, std::string_view message);
  // A text that stands in `buffer` from `begin` on; the ws::kMaxHeaderSize bytes before it are free
  // to use.
  void SendInPlace(std::string& buffer, std::size_t begin);
  // Begins the closing handshake; the connection ends when the client has answered.
  void Close(ws::CloseCode code, std::string_view reason);

 private:
  // False when nothing more may be read.
  bool OnEvent(const ws::FrameEvent& event);
  void OnPing(std::string_view payload);
  // False: they come too fast, and the socket is being closed.
  bool CountControlFrame();
  void WatchHalfMessage(std::size_t kept);
  void EndHalfMessage();
  void SendPong();
  void SendClose(ws::CloseCode code, std::string_view reason);

  Connection& connection_;
  ws::FrameParser parser_;
  std::unique_ptr<WsConsumer> consumer_;
  std::unique_ptr<std::string> pong_;        // that waits for the backlog to go
  TimePoint half_since_ = TimePoint::max();  // part of a message has come, and no more
  protection::Rate control_frames_;
  bool close_sent_ = false;
};
static_assert(sizeof(WebSocket) <= 88, "one for each connection");

}  // namespace penstock::endpoint
