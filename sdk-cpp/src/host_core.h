// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "adapter.h"
#include "counters.h"
#include "log.h"
#include "node.h"
#include "penstock/adapter/adapter_host.h"
#include "socket.h"

namespace penstock::adapter {

// What a host is made of: the adapter, and a node for each server.
// Owner: AdapterHost. Thread: as AdapterHost; OnNodeState() on the nodes' threads.
class AdapterHost::Core {
 public:
  Core(std::shared_ptr<DataProvider> data, std::shared_ptr<MetadataProvider> metadata,
       HostOptions options);
  ~Core();

  Status Start();
  void Stop(std::chrono::milliseconds drain);
  void Wait();
  HostState state() const { return state_.load(); }
  HostCounters counters() const { return counters_->Read(); }
  Status Fail(std::string_view message);
  std::shared_ptr<MetadataSession> metadata_session();

 private:
  Status CheckOptions() const;
  Status MakeNodes();
  void OnNodeState(const Node& node, std::string_view reason);

  const HostOptions options_;
  const Log log_;
  const std::shared_ptr<CounterCells> counters_;
  StopSignal stop_;
  Adapter adapter_;
  // Made by Start(), never changed after.
  std::vector<std::unique_ptr<Node>> nodes_;
  std::atomic<HostState> state_{HostState::kStopped};

  // Calls of the listener come one at a time, each with the host's state set before.
  std::mutex listener_mutex_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool started_ = false;
  size_t running_nodes_ = 0;

  std::mutex join_mutex_;
};

}  // namespace penstock::adapter
