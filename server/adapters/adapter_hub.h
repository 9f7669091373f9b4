// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "adapters/client_control.h"
#include "adapters/proxy_counters.h"
#include "base/status.h"
#include "config/settings.h"
#include "kernel/event_router.h"
#include "runtime/shard_pool.h"
#include "session/adapter_set.h"
#include "session/metadata_port.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

class GrpcProxies;
class Proxy;

// How a proxy fares; a copy, for health checks and the admin pages.
struct ProxyStatus {
  std::string name;  // as in the log: "<set>" or "<set>.<data adapter>"
  std::string adapter_set;
  bool is_metadata = false;
  bool ready = false;  // a remote adapter is there and has been initialised
  std::uint16_t port = 0;
  std::uint16_t notify_port = 0;  // 0: one connection
  std::string peer;  // of the active remote adapter; these three are empty while none is there
  std::string sdk;
  std::string version;
  std::vector<std::string> standbys;        // peers; the first one is the next to take over
  const ProxyCounters* counters = nullptr;  // lives as long as the hub
};

// All Adapter Sets of the server: makes a MetadataPort and DataSources for each, spreads their
// proxies over the shards, and opens the ports that remote adapters dial. Owned by the app.
//
//   AdapterHub hub(settings, pool, routers, control, instance_id, on_fatal);
//   hub.Start();                 // ports are open; a port in use is reported here
//   pool.Start();
//   hub.WaitFirstConnections(deadline);
//   ...
//   hub.StopInput();             // no new remote adapter; those that are there go on
//   (sessions end)
//   hub.Drain(deadline);         // CLOSE to each remote adapter
//   pool.StopAndJoin();
//   (the hub dies before the pool and the routers)
//
// Shard: the main thread, unless a function says otherwise.
class AdapterHub {
 public:
  // A plain proxy has lost its remote adapter, or never got on with it: the server has to end.
  // Called at most once, on a shard.
  using FatalCallback = absl::AnyInvocable<void(std::string reason)>;

  // `routers` by shard index. All must outlive the hub. `server_instance_id` is told to the
  // remote adapters; ASCII letters and digits.
  AdapterHub(const config::Settings& settings, runtime::ShardPool& shards,
             std::vector<kernel::EventRouter*> routers, ClientControl& control,
             std::string server_instance_id, FatalCallback on_fatal);
  ~AdapterHub();
  AdapterHub(const AdapterHub&) = delete;
  AdapterHub& operator=(const AdapterHub&) = delete;

  // What a proxy, known by its settings, speaks TLS with: before Start(), and again when it has
  // changed.
  void SetTls(const config::ProxySettings& proxy, std::shared_ptr<const tls::Context> context);

  // Whether this build has the transports that the settings ask for; Start() checks it too.
  static Status CheckTransports(const config::Settings& settings);
  // Opens the ports, before the shards run. An error names the proxy, the address and the port.
  Status Start();

  // Waits until each proxy has had its first remote adapter or has waited for it as long as its
  // first_connection_timeout says (a plain proxy: for ever), or until `deadline`, or a fatal
  // loss, or StopInput(). True if nothing is left to wait for. May be called again.
  bool WaitFirstConnections(TimePoint deadline);

  // No new connections from now on. Shard: any.
  void StopInput();
  // Waits until the remote adapters have answered what they were asked: the end of a session is
  // told behind the end of its tables. True if that was so before `deadline`. The shards must be
  // running.
  bool Settle(TimePoint deadline);
  // Tells each remote adapter why and closes; true if all are closed before `deadline`. The
  // shards must be running.
  bool Drain(TimePoint deadline);

  // What sessions are given; immutable after Start(). Shard: any.
  const std::vector<session::AdapterSet>& adapter_sets() const { return sets_; }
  const session::AdapterSet* Find(std::string_view id) const;

  // Shard: any, after Start().
  std::vector<ProxyStatus> Describe() const;

 private:
  struct Shared;

  // Fixed after Start().
  const config::Settings& settings_;
  runtime::ShardPool& shards_;
  std::vector<kernel::EventRouter*> routers_;
  ClientControl& control_;
  std::string server_instance_id_;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<GrpcProxies> grpc_;
  absl::flat_hash_map<const config::ProxySettings*, std::shared_ptr<const tls::Context>> tls_;
  absl::flat_hash_map<const config::ProxySettings*, Proxy*> by_settings_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
  std::vector<std::unique_ptr<session::MetadataPort>> builtin_;
  std::vector<session::AdapterSet> sets_;
};

}  // namespace penstock::adapters
