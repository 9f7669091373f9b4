// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>

#include "connector.h"
#include "resolver.h"
#include "tcp.h"

namespace penstock::adapter {

// Waits for a server that dials (ari.md 1.3), one at a time. While one is connected others are
// turned away: nobody who happens to reach the port may end a connection that works.
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
  Status Bind(const StopSignal& stop);
  Result<std::unique_ptr<Stream>> LetIn(UniqueFd fd, const StopSignal& stop) const;
  void Report(const std::string& peer, const std::string& why);
  void Tell(LogLevel level, const std::string& text) const;

  const Endpoint endpoint_;
  const HostOptions& options_;
  const Log& log_;
  NodeCells& cells_;
  Resolver resolver_;
  UniqueFd socket_;
  // Whoever comes again and again fills no log: one line until a server is let in.
  bool reported_ = false;
};

}  // namespace penstock::adapter
