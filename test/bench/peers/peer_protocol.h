// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::bench {

// How another push server is spoken to: its subscribers over WebSocket, its publishers over
// whatever it likes best. Stateless; one for all connections. Topics are numbers from 1.
class PeerProtocol {
 public:
  virtual ~PeerProtocol() = default;

  // Of the WebSocket handshake.
  virtual std::string Path(const std::vector<std::size_t>& topics) const = 0;
  virtual std::string_view Subprotocol() const { return {}; }
  // Binary messages that subscribe, once the WebSocket is open; none if the path says it all.
  virtual std::vector<std::string> Subscribe(const std::vector<std::size_t>& topics) const = 0;
  // The server has answered Subscribe() when this has come.
  virtual std::string_view Subscribed() const = 0;

  // Of the publishers' connections.
  virtual std::size_t publishers() const { return 1; }
  virtual std::string Greeting() const { return {}; }
  virtual void AppendUpdate(std::size_t topic, std::string_view payload,
                            std::string* out) const = 0;
  // What the server wants to hear after this.
  virtual std::string_view Answer(std::string_view /*received*/) const { return {}; }
};

// nginx with nchan, mosquitto, or nats-server; null for any other name.
std::unique_ptr<PeerProtocol> MakePeerProtocol(std::string_view name);

}  // namespace penstock::bench
