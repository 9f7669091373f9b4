// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "adapters/proxy.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/metadata_link.h"
#include "base/log_pace.h"

namespace penstock::adapters {

// What becomes of calls of a Metadata Adapter that come to nothing, whatever protocol they are made
// in: counted, told in the log, and a Failure. Clients may bring them about as often as they like,
// so what the log is told of each kind is bounded.
// Owned by a MetadataLink. Shard: the proxy's.
class CallFailures {
 public:
  // Both must outlive this.
  CallFailures(const Proxy& proxy, ProxyCounters& counters) : proxy_(proxy), counters_(counters) {}

  // There was nobody to make the call to.
  static Failure NotConnected();
  // The remote adapter may have done what was asked, here and in the next three.
  static Failure Lost();
  static Failure Dropped();
  Failure TimedOut(std::string_view method);
  // It has answered, and `why` that is of no use.
  Failure Unusable(std::string_view method, std::string_view why);
  // It says no.
  Failure Refused(std::string_view method, Failure failure);

 private:
  void Log(LogPace& pace, std::string_view message, std::string_view method, std::string_view why);

  const Proxy& proxy_;
  ProxyCounters& counters_;
  LogPace timeouts_;
  LogPace unusable_;
  LogPace failures_;
  LogPace codes_;
};

}  // namespace penstock::adapters
