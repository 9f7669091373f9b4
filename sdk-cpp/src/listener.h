// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <netdb.h>
#include <poll.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "connector.h"
#include "resolver.h"
#include "tcp.h"
#include "tls.h"

namespace penstock::adapter {

// Waits for a server that dials (ari.md 1.3), one at a time. While one is connected others are
// turned away: nobody who happens to reach the port may end a connection that works. Before that
// several may shake hands at once, so that one who says nothing keeps nobody out.
class Listener : public Connector {
 public:
  Listener(const Endpoint& endpoint, const HostOptions& options, const Log& log, NodeCells& cells)
      : endpoint_(endpoint),
        options_(options),
        log_(log),
        cells_(cells),
        resolver_(endpoint.host, endpoint.port, AI_PASSIVE) {}

  Result<Streams> Open(const StopSignal& stop) override;
  int fd() const override { return socket_.get(); }
  bool TurnAway() override;

 private:
  using Clock = std::chrono::steady_clock;
  // One who shakes hands.
  struct Guest {
    std::unique_ptr<TlsHandshake> handshake;
    std::string peer;
    Clock::time_point deadline;
  };
  // One who is let in, or nobody.
  struct Arrival {
    std::unique_ptr<Stream> stream;
    std::string peer;
  };

  Status Bind(const StopSignal& stop);
  Result<Arrival> Await(const StopSignal& stop);
  // The next who waits to be accepted; over TLS a guest first.
  Result<Arrival> AcceptOne();
  void AddGuest(UniqueFd fd, std::string peer);
  // Goes on with the guests for which the wait is over.
  Arrival StepGuests(const std::vector<pollfd>& waits);
  void SendGuestsAway(const std::string& why);
  void Report(const std::string& peer, const std::string& why);
  void Tell(LogLevel level, const std::string& text) const;

  const Endpoint endpoint_;
  const HostOptions& options_;
  const Log& log_;
  NodeCells& cells_;
  Resolver resolver_;
  UniqueFd socket_;
  std::deque<Guest> guests_;  // the oldest first
  // Whoever comes again and again fills no log: one line until a server is let in.
  bool reported_ = false;
};

}  // namespace penstock::adapter
