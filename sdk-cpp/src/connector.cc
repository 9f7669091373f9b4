// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "connector.h"

#include <utility>

#include "dialer.h"
#include "listener.h"
#include "tls.h"

namespace penstock::adapter {

std::unique_ptr<Connector> Connector::Create(const Endpoint& endpoint, const HostOptions& options,
                                             const Log& log, NodeCells& cells,
                                             Beginning beginning) {
  if (endpoint.listens()) {
    return std::make_unique<Listener>(endpoint, options, log, cells, std::move(beginning));
  }
  return std::make_unique<Dialer>(endpoint, options);
}

Status Connector::Check(const Endpoint& endpoint, const HostOptions& options) {
  if (!endpoint.tls) return {};
  const auto loaded = LoadTls(options.tls, endpoint.role);
  if (!loaded) return Error("endpoint \"" + endpoint.text + "\": " + loaded.error().message());
  return {};
}

}  // namespace penstock::adapter
