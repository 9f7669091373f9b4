// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "adapter.h"
#include "conversation.h"
#include "counters.h"
#include "endpoint.h"
#include "log.h"
#include "metadata_session.h"
#include "penstock/adapter/host_options.h"
#include "socket.h"

namespace penstock::adapter {

// The life of the connection to one server: connects, has the conversation serve it, and does so
// again after a loss, each time after a longer while.
// Owner: the host's core. Thread: Run() and all below it on the node's own thread, called reader;
// the rest: any.
class Node {
 public:
  // What all nodes of a host share; outlives them.
  struct Context {
    const HostOptions* options = nullptr;
    Adapter* adapter = nullptr;
    const StopSignal* stop = nullptr;
    // A node's state has changed; on its reader. `reason` as in HostListener::OnState().
    std::function<void(const Node&, std::string_view reason)> on_state;
  };

  Node(Endpoint endpoint, Context context);

  // Starts the reader; throws std::system_error.
  void Start();
  // After the stop signal: wakes the reader if it waits for calls.
  void Wake() { conversation_->Wake(); }
  // Waits for the reader, which ends after the stop signal.
  void Join();

  const Endpoint& endpoint() const { return endpoint_; }
  const std::string& server() const { return endpoint_.text; }
  HostState state() const { return state_.load(); }
  ServerCounters counters();
  // See AdapterHost::Fail().
  Status Fail(std::string_view message) { return conversation_->Fail(message); }
  // Null when not ready, or a data adapter.
  std::shared_ptr<MetadataSession> metadata_session() { return conversation_->metadata_session(); }

 private:
  const HostOptions& options() const { return *context_.options; }
  void SetState(HostState state, std::string_view reason);
  void Run();
  std::chrono::milliseconds NextDelay(int attempt);

  const Endpoint endpoint_;
  const Context context_;
  const std::string log_name_;
  const Log log_;
  const std::shared_ptr<NodeCells> cells_ = std::make_shared<NodeCells>();
  const std::unique_ptr<Conversation> conversation_;
  std::atomic<HostState> state_{HostState::kStopped};
  std::minstd_rand random_;  // reader only
  std::thread reader_;
};

}  // namespace penstock::adapter
