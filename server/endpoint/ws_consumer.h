// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

namespace penstock::endpoint {

// Who understands the messages of a WebSocket, through which it answers. Owned by that. Shard: that
// of the connection.
class WsConsumer {
 public:
  virtual ~WsConsumer() = default;
  // A whole message; text is valid UTF-8. `payload` is gone after the call.
  virtual void OnMessage(bool text, std::string_view payload) = 0;
  // What had come in part has come whole: the time limit on the rest of it is over, and it is for
  // the consumer to say what is expected next.
  virtual void OnWhole() {}
  // All that was sent has left the process.
  virtual void OnDrained() = 0;
  // Nothing is sent any more: the socket is being closed, or the connection is gone.
  virtual void OnClosed() = 0;
};

}  // namespace penstock::endpoint
