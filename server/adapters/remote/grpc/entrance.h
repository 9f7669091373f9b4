// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string_view>

#include "adapters/allow_list.h"
#include "adapters/login_guard.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/grpc/stream.h"
#include "base/log_pace.h"
#include "config/settings.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// Whether a remote adapter is one that the operator wants: where it comes from, the names in its
// certificate, its token or its user and password. Owned by a GrpcChannel. Shard: the proxy's;
// Start() may run before it does.
class GrpcEntrance {
 public:
  // All must outlive this.
  GrpcEntrance(runtime::Shard& shard, const config::ProxySettings& proxy,
               const config::Limits& limits, ProxyCounters& counters);

  void Start() { allow_list_.Start(); }
  void Stop() { allow_list_.Stop(); }

  // Whether it makes sense to hear what it says. Thread-safe.
  bool MayCome(const GrpcPeer& peer) const;
  struct Refusal {
    GrpcStatus status;
    std::string_view why;
  };
  // Nothing: it may come in. A refusal has been counted.
  std::optional<Refusal> Check(const GrpcPeer& peer);
  // Turns it away, counted and logged.
  void Refuse(GrpcStream& stream, const Refusal& refusal);

 private:
  bool IsNamed(const GrpcPeer& peer) const;
  bool IsKnown(const GrpcPeer& peer) const;

  // Fixed after construction.
  runtime::Shard& shard_;
  const config::ProxySettings& proxy_;
  ProxyCounters& counters_;

  // State.
  AllowList allow_list_;
  LoginGuard guard_;
  LogPace refusals_;
};

}  // namespace penstock::adapters
