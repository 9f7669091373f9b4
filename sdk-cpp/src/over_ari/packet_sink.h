// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "ari/method.h"

namespace penstock::adapter {

// Who takes the requests of a connection after its init. Thread: the reader.
class PacketSink {
 public:
  // What has an id is answered.
  virtual void OnPacket(const ari::PacketHead& head) = 0;

 protected:
  ~PacketSink() = default;
};

}  // namespace penstock::adapter
