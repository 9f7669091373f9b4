// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoint.h"
#include "penstock/adapter/host_options.h"
#include "socket.h"
#include "stream.h"

namespace penstock::adapter {

// Makes the connections of one node, as its endpoint says.
// Owner and thread: the node; life: as the node's, over all its connections.
class Connector {
 public:
  // Both must outlive the connector.
  Connector(const Endpoint* endpoint, const HostOptions* options)
      : endpoint_(*endpoint), options_(*options) {}

  // The stream of requests and answers and, in the two-connection form, that of events. Empty on
  // failure, with the cause in *error. Gives up when `stop` is raised.
  std::vector<std::unique_ptr<Stream>> Open(const StopSignal& stop, std::string* error);

 private:
  const Endpoint& endpoint_;
  const HostOptions& options_;
};

}  // namespace penstock::adapter
