// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "connector.h"

namespace penstock::adapter {

// Dials the server.
class Dialer : public Connector {
 public:
  Dialer(const Endpoint& endpoint, const HostOptions& options)
      : endpoint_(endpoint), options_(options) {}

  Result<Streams> Open(const StopSignal& stop) override;

 private:
  const Endpoint endpoint_;
  const HostOptions& options_;
};

}  // namespace penstock::adapter
