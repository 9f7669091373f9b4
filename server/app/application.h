// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/adapter_hub.h"
#include "admin/static_pages.h"
#include "app/adapter_tls.h"
#include "app/listener_tls.h"
#include "app/session_control.h"
#include "base/clock.h"
#include "base/status.h"
#include "config/settings.h"
#include "endpoint/endpoint.h"
#include "kernel/event_router.h"
#include "kernel/item_registry.h"
#include "protection/gate.h"
#include "runtime/shard_pool.h"
#include "session/session_table.h"

namespace penstock::app {

// The server: makes every part, wires the shards, starts and stops all in order. The only class
// that knows all the others. Lives in main(); its functions run on the main thread.
class Application {
 public:
  explicit Application(config::Settings settings);
  ~Application();

  // Opens adapter ports, waits for remote adapters as far as configured, then opens the client
  // listeners. An error says what could not be opened and why.
  Status Start();
  // When CheckCertificates() is due next; max() if never.
  TimePoint NextCertificateCheck() const {
    return std::min(tls_.NextCheck(), adapter_tls_.NextCheck());
  }
  // New handshakes get the certificates whose files have changed; `all`: whether due or not.
  void CheckCertificates(bool all);
  // Ends everything in order: no new connections, sessions told to come back later (END 48),
  // responses ended, remote adapters told, threads joined.
  void Stop();
  // Why the server has to end although nobody asked for it; empty if it need not.
  std::string fatal() const;

 private:
  // What each shard has, in the order of construction.
  struct PerShard {
    std::unique_ptr<kernel::ItemRegistry> items;
    std::unique_ptr<kernel::EventRouter> router;
    std::unique_ptr<session::SessionTable> sessions;
    std::unique_ptr<endpoint::Endpoint> endpoint;
  };

  Status MakeListeners();
  void MakeShards();
  Status Listen();
  bool Drained();
  void LogTotals();
  // Runs `function(index)` on every shard and waits.
  template <class Function>
  void OnEachShard(Function function);

  const config::Settings settings_;
  SteadyClock clock_;
  protection::Gate gate_;
  runtime::ShardPool shards_;
  kernel::FieldRegistry fields_;
  session::Options session_options_;
  endpoint::Options endpoint_options_;
  std::vector<endpoint::ListenerProfile> listeners_;
  ListenerTls tls_;
  AdapterTls adapter_tls_;
  std::unique_ptr<admin::StaticPages> pages_;
  std::vector<PerShard> parts_;
  std::unique_ptr<SessionControl> control_;
  std::unique_ptr<adapters::AdapterHub> hub_;
  mutable std::mutex fatal_mutex_;
  std::string fatal_;
};

}  // namespace penstock::app
