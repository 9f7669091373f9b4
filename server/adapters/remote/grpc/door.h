// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/proxy_counters.h"
#include "adapters/remote/grpc/stream.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// What a remote adapter says it is.
struct GrpcHello {
  std::string adapter_set;
  std::string data_adapter;   // empty: a Metadata Adapter
  std::string sdk;            // with its version
  std::string instance = {};  // of its process; may be empty
  bool knows_selectors = false;
};

// Whom a door lets remote adapters in for: a proxy's channel.
class GrpcDoorUser {
 public:
  virtual ~GrpcDoorUser() = default;
  // These are fixed.
  virtual runtime::Shard& shard() const = 0;
  virtual const std::string& adapter_set() const = 0;
  virtual const std::string& data_adapter() const = 0;
  virtual ProxyCounters& counters() const = 0;
  // False: it is turned away whatever it says. Thread-safe.
  virtual bool MayCome(const GrpcPeer& peer) const = 0;
  // Whether one more would be welcome. Shard: its own.
  virtual bool MayDial() const = 0;
  // A stream that is meant for it; nobody owns it. Shard: its own.
  virtual void OnStream(GrpcStreamPtr stream, GrpcHello hello) = 0;
};

// Where remote adapters over gRPC come from: a port, or the hosts that are dialed. Owned by
// GrpcProxies. Add() and Open() before the shards run.
class GrpcDoor {
 public:
  virtual ~GrpcDoor() = default;

  virtual void Add(GrpcDoorUser* user) = 0;
  // What it speaks TLS with: before Open(), and again when that has changed. Null: nothing new.
  // Shard: the user's.
  virtual void SetTls(std::shared_ptr<const tls::Context> context) = 0;
  virtual Status Open() = 0;
  // The port; 0 before Open(), and where it dials.
  virtual std::uint16_t port() const = 0;
  // Who is at this end of a stream was let in by a user.
  // Shard: the user's.
  virtual void OnAdmitted(const GrpcPeer& peer) = 0;
  // Whether it makes sense for the adapter of this proxy to come, or to be dialed. After Open().
  // Shard: the user's, or none runs yet.
  virtual void SetServing(const GrpcDoorUser& user, bool serving) = 0;
};

}  // namespace penstock::adapters
