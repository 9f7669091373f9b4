// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "endpoint/ws_consumer.h"
#include "transport/ws/close_code.h"
#include "transport/ws/frame_parser.h"
#include "transport/ws/frame_writer.h"

namespace penstock::endpoint {

class Connection;

// A WebSocket on a connection (RFC 6455): frames, pings, the closing handshake. What the messages
// say is its consumer's matter.
// Owned by its Connection. Shard: own.
class WebSocket {
 public:
  WebSocket(Connection& connection, std::size_t max_message_bytes,
            std::unique_ptr<WsConsumer> consumer);
  ~WebSocket();

  // Takes whole frames off `data`; returns how much. Unmasks in place.
  std::size_t Consume(std::span<char> data);
  void OnDrained();
  void OnEnd();
  // The time for what was expected of the client is over.
  void OnIdle();
  void Drain();

  void Send(ws::Opcode opcode, std::string_view payload);
  // A text that stands in `buffer` from `begin` on; the ws::kMaxHeaderSize bytes before it are the
  // channel's to use.
  void SendInPlace(std::string& buffer, std::size_t begin);
  void Close(ws::CloseCode code, std::string_view reason);

 private:
  Connection& connection_;
  ws::FrameParser parser_;
  std::unique_ptr<WsConsumer> consumer_;
  bool close_sent_ = false;
};

}  // namespace penstock::endpoint
