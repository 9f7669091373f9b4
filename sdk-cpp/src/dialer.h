// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <netdb.h>

#include "connector.h"
#include "resolver.h"
#include "tls.h"

namespace penstock::adapter {

// Dials the server.
class Dialer : public Connector {
 public:
  Dialer(const Endpoint& endpoint, const HostOptions& options)
      : endpoint_(endpoint),
        options_(options),
        resolver_(endpoint.host, endpoint.port, AI_ADDRCONFIG) {}

  Result<Streams> Open(const StopSignal& stop) override;

 private:
  Result<std::unique_ptr<Stream>> Connect(const std::shared_ptr<const TlsContext>& tls,
                                          const Addresses& addresses, const Patience& patience);

  const Endpoint endpoint_;
  const HostOptions& options_;
  Resolver resolver_;
};

}  // namespace penstock::adapter
