// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "host_core.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace penstock::adapter {

using std::chrono::milliseconds;

namespace {

// What of the servers' counters adds up.
constexpr uint64_t ServerCounters::*kCounts[] = {
    &ServerCounters::connections, &ServerCounters::turned_away, &ServerCounters::requests,
    &ServerCounters::malformed,   &ServerCounters::events,      &ServerCounters::conflated,
    &ServerCounters::lost,        &ServerCounters::resyncs,     &ServerCounters::state_events,
    &ServerCounters::events_sent, &ServerCounters::keepalives,  &ServerCounters::writes,
    &ServerCounters::bytes,       &ServerCounters::queued_bytes};

}  // namespace

AdapterHost::Core::Core(std::shared_ptr<DataProvider> data,
                        std::shared_ptr<MetadataProvider> metadata, HostOptions options)
    : options_(std::move(options)),
      log_(options_.listener, options_.name),
      adapter_(std::move(data), std::move(metadata), options_, &log_),
      made_(MakeNodes()) {}

AdapterHost::Core::~Core() { Stop(milliseconds(5000)); }

Status AdapterHost::Core::CheckOptions() const {
  if (!adapter_.has_provider()) return Error("there is no provider");
  if (options_.servers.empty()) return Error("there is no server");
  if (options_.worker_threads == 0) return Error("worker_threads is 0");
  if (options_.max_pending_requests == 0) return Error("max_pending_requests is 0");
  if (options_.max_queued_bytes == 0) return Error("max_queued_bytes is 0");
  if (options_.min_backoff <= milliseconds(0) || options_.max_backoff < options_.min_backoff) {
    return Error("min_backoff must be above 0 and not above max_backoff");
  }
  if (stop_.fd() < 0) return Error("no file descriptor is left");
  if (!made_) return made_;
  for (const auto& node : nodes_) {
    if (Status s = Conversation::Check(node->endpoint(), options_); !s) return s;
  }
  return {};
}

Status AdapterHost::Core::MakeNodes() {
  std::vector<std::unique_ptr<Node>> nodes;
  for (const std::string& server : options_.servers) {
    Result<Endpoint> endpoint = ParseEndpoint(server);
    if (!endpoint) return endpoint.error();
    if (endpoint->notify_port && !adapter_.is_data()) {
      return Error("server \"" + server + "\": a notify port is for data adapters only");
    }
    // Who is dialed may leave it to the server.
    const bool named = !endpoint->listens() || !endpoint->adapter_set.empty();
    if (endpoint->protocol == Endpoint::Protocol::kGrpc && named &&
        adapter_.is_data() == endpoint->data_adapter.empty()) {
      return Error("server \"" + server + "\": " +
                   (adapter_.is_data() ? "the name of the Data Adapter is missing behind the set"
                                       : "a metadata adapter is named by its set alone"));
    }
    Node::Context context;
    context.options = &options_;
    context.adapter = &adapter_;
    context.stop = &stop_;
    context.on_state = [this](const Node& node, std::string_view reason) {
      OnNodeState(node, reason);
    };
    nodes.push_back(std::make_unique<Node>(std::move(*endpoint), std::move(context)));
  }
  nodes_ = std::move(nodes);
  return {};
}

Status AdapterHost::Core::Start() {
  if (Status s = CheckOptions(); !s) return s;
  const std::lock_guard join_lock(join_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (started_) return Error("a host is started once");
    if (stop_.raised()) return Error("the host was stopped");
    started_ = true;
    running_nodes_ = nodes_.size();
  }
  size_t begun = 0;
  try {
    adapter_.Start(options_.worker_threads);
    for (; begun < nodes_.size(); ++begun) nodes_[begun]->Start();
  } catch (const std::system_error& e) {
    stop_.Raise(milliseconds(0));
    for (const auto& node : nodes_) node->Wake();
    for (const auto& node : nodes_) node->Join();
    const std::lock_guard lock(mutex_);
    running_nodes_ = 0;
    stopped_.notify_all();
    return Error(std::string("cannot start threads: ") + e.what());
  }
  return {};
}

void AdapterHost::Core::Stop(milliseconds drain) {
  stop_.Raise(drain);
  const std::lock_guard join_lock(join_mutex_);
  if (adapter_.pool() == nullptr) return;
  for (const auto& node : nodes_) node->Wake();
  for (const auto& node : nodes_) node->Join();
  adapter_.pool()->WaitIdle();
}

void AdapterHost::Core::Wait() {
  std::unique_lock lock(mutex_);
  stopped_.wait(lock, [this] { return running_nodes_ == 0; });
}

HostCounters AdapterHost::Core::counters() const {
  HostCounters all;
  for (const auto& node : nodes_) {
    const ServerCounters& one = all.servers.emplace_back(node->counters());
    all.total.state = std::max(all.total.state, one.state);
    for (const auto member : kCounts) all.total.*member += one.*member;
  }
  const FeedContext& feeds = adapter_.feeds();
  all.events_closed = feeds.cells.closed.value();
  all.events_refused = feeds.cells.refused.value();
  all.events_blocked = feeds.cells.blocked.value();
  all.blocked_millis = feeds.cells.blocked_micros.value() / 1000;
  all.kept_bytes = feeds.budget.used.load(std::memory_order_relaxed);
  all.items_unkept = feeds.cells.unkept.value();
  return all;
}

std::vector<std::shared_ptr<MetadataSession>> AdapterHost::Core::SessionsToAsk(
    std::string_view session) const {
  const std::optional<std::string> owner = adapter_.OwnerOf(session);
  std::vector<std::shared_ptr<MetadataSession>> targets;
  for (const auto& node : nodes_) {
    if (owner && node->server() != *owner) continue;
    if (auto target = node->metadata_session()) targets.push_back(std::move(target));
  }
  return targets;
}

Status AdapterHost::Core::Fail(std::string_view message) {
  Status status = Error("there is no connection to a server");
  for (const auto& node : nodes_) {
    const Status told = node->Fail(message);
    if (told.ok() || !status.ok()) status = told;
  }
  return status;
}

void AdapterHost::Core::TellState(const std::string& server, HostState state,
                                  std::string_view reason) {
  if (options_.listener == nullptr) return;
  try {
    options_.listener->OnState(server, state, reason);
  } catch (...) {
    log_.Write(LogLevel::kError, "the listener's OnState() has thrown an exception");
  }
}

void AdapterHost::Core::OnNodeState(const Node& node, std::string_view reason) {
  const HostState state = node.state();
  {
    const std::lock_guard lock(listener_mutex_);
    HostState best = HostState::kStopped;
    for (const auto& one : nodes_) best = std::max(best, one->state());
    state_.store(best);
    TellState(node.server(), state, reason);
  }
  if (state != HostState::kStopped) return;
  const std::lock_guard lock(mutex_);
  --running_nodes_;
  stopped_.notify_all();
}

}  // namespace penstock::adapter
