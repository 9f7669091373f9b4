// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <netdb.h>
#include <poll.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connector.h"
#include "resolver.h"
#include "tcp.h"
#include "tls.h"

namespace penstock::adapter {

// Waits for a server that dials (ari.md 1.3), one at a time. While one is connected others are
// turned away: nobody who happens to reach the port may end a connection that works. Before that
// several are listened to at once, so that one who says nothing keeps nobody out; the first who
// speaks as a server is let in.
class Listener : public Connector {
 public:
  Listener(const Endpoint& endpoint, const HostOptions& options, const Log& log, NodeCells& cells,
           Beginning beginning)
      : endpoint_(endpoint),
        options_(options),
        log_(log),
        cells_(cells),
        beginning_(std::move(beginning)),
        resolver_(endpoint.host, endpoint.port, AI_PASSIVE) {}

  Result<Streams> Open(const StopSignal& stop) override;
  std::string TakeHeard() override { return std::exchange(heard_, {}); }
  int fd() const override { return socket_.get(); }
  bool TurnAway() override;

 private:
  using Clock = std::chrono::steady_clock;
  // One who shakes hands, and then is listened to.
  struct Guest {
    std::string peer;
    Clock::time_point deadline = {};
    std::unique_ptr<TlsHandshake> handshake = {};  // over TLS, until it is done
    std::unique_ptr<Stream> stream = {};           // from then on
    std::string heard = {};
  };

  Status Bind(const StopSignal& stop);
  // The first guest who is a server.
  Result<Guest> Await(const StopSignal& stop);
  Status AcceptOne();
  Status BeginWith(UniqueFd fd, Guest* guest);
  Status Greet(std::unique_ptr<Stream> stream, Guest* guest);
  // Goes on with the guests for which the wait is over.
  std::optional<Guest> StepGuests(const std::vector<pollfd>& waits);
  // True for a server; the error says why this one has to go.
  Result<bool> Step(Guest* guest);
  void SendGuestsAway(const std::string& why);
  void Report(const std::string& peer, const std::string& why);
  void Tell(LogLevel level, const std::string& text) const;

  const Endpoint endpoint_;
  const HostOptions& options_;
  const Log& log_;
  NodeCells& cells_;
  const Beginning beginning_;
  Resolver resolver_;
  UniqueFd socket_;
  std::deque<Guest> guests_;  // the oldest first
  std::string heard_;         // of the server that was let in
  // Whoever comes again and again fills no log: one line until a server is let in.
  bool reported_ = false;
};

}  // namespace penstock::adapter
