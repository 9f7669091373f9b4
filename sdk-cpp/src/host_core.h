// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "adapter.h"
#include "gathered_answer.h"
#include "log.h"
#include "metadata_session.h"
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
  HostCounters counters() const;
  Status Fail(std::string_view message);
  // Asks the server that has the client's session, or all if that is not known, by
  // `ask(MetadataSession&, on_answer)`.
  template <class R, class AskOne>
  std::future<R> Ask(std::string_view session, AskOne ask);

 private:
  Status CheckOptions() const;
  Status MakeNodes();
  void TellState(const std::string& server, HostState state, std::string_view reason);
  void OnNodeState(const Node& node, std::string_view reason);
  std::vector<std::shared_ptr<MetadataSession>> SessionsToAsk(std::string_view session) const;

  const HostOptions options_;
  const Log log_;
  StopSignal stop_;
  Adapter adapter_;
  // Never changed once the constructor has made them; none if one of the servers' names is wrong.
  std::vector<std::unique_ptr<Node>> nodes_;
  const Status made_;
  std::atomic<HostState> state_{HostState::kStopped};

  // Calls of the listener come one at a time, each with the host's state set before.
  std::mutex listener_mutex_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool started_ = false;
  size_t running_nodes_ = 0;

  std::mutex join_mutex_;
};

template <class R, class AskOne>
std::future<R> AdapterHost::Core::Ask(std::string_view session, AskOne ask) {
  const auto targets = SessionsToAsk(session);
  const auto answer = std::make_shared<GatheredAnswer<R>>(std::max<size_t>(targets.size(), 1));
  std::future<R> future = answer->future();
  if (targets.empty()) answer->Add(Error("there is no connection to the server"));
  for (const auto& target : targets) {
    ask(*target, [answer](R one) { answer->Add(std::move(one)); });
  }
  return future;
}

}  // namespace penstock::adapter
