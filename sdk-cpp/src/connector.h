// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "counters.h"
#include "endpoint.h"
#include "log.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"
#include "socket.h"
#include "stream.h"

namespace penstock::adapter {

// Where the connections of one node come from: from dialling the server, or from the server that
// dials. Owner and thread: the node; life: as the node's, over all its connections.
class Connector {
 public:
  // The stream of requests and answers and, in the two-connection form, that of events.
  using Streams = std::vector<std::unique_ptr<Stream>>;

  // How a conversation begins, by which who listens tells a server from a stranger.
  struct Beginning {
    std::string greeting;  // of the adapter, which speaks first
    // Whether the lines that came in answer are a server's; the error says why not.
    std::function<Status(std::string_view said)> check_answer;
  };

  // All but the endpoint and the beginning, which are copied, must outlive the connector.
  static std::unique_ptr<Connector> Create(const Endpoint& endpoint, const HostOptions& options,
                                           const Log& log, NodeCells& cells, Beginning beginning);
  // Whether the options serve such an endpoint: the files of TLS can be read, and so on.
  static Status Check(const Endpoint& endpoint, const HostOptions& options);

  virtual ~Connector() = default;

  // Waits for a connection. The error says why there is none; until `stop` is raised one may come
  // later.
  virtual Result<Streams> Open(const StopSignal& stop) = 0;
  // What the server has said by then, on the first stream. If anything, it was greeted before.
  virtual std::string TakeHeard() { return {}; }

  // While a connection is in use: readable when another one is wanted; -1 if none can be.
  virtual int fd() const { return -1; }
  // Turns away who is there; true if anybody was.
  virtual bool TurnAway() { return false; }
};

}  // namespace penstock::adapter
