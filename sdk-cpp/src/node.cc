// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "node.h"

#include <utility>

namespace penstock::adapter {

using std::chrono::milliseconds;

Node::Node(Endpoint endpoint, Context context)
    : endpoint_(std::move(endpoint)),
      context_(std::move(context)),
      log_name_(context_.options->name + ": " + endpoint_.text),
      log_(context_.options->listener, log_name_),
      conversation_(
          Conversation::Create({&endpoint_, context_.options, context_.adapter, context_.stop,
                                &log_, cells_, [this] { SetState(HostState::kReady, {}); }})),
      random_(std::random_device{}()) {}

void Node::Start() {
  reader_ = std::thread([this] { Run(); });
}

void Node::Join() {
  if (reader_.joinable()) reader_.join();
}

ServerCounters Node::counters() {
  ServerCounters all = cells_->Read();
  all.server = server();
  all.state = state();
  all.queued_bytes = conversation_->queued_bytes();
  return all;
}

void Node::SetState(HostState state, std::string_view reason) {
  state_.store(state);
  context_.on_state(*this, reason);
}

milliseconds Node::NextDelay(int attempt) {
  milliseconds ceiling = options().min_backoff;
  while (attempt-- > 0 && ceiling < options().max_backoff) {
    ceiling = ceiling > options().max_backoff / 2 ? options().max_backoff : ceiling * 2;
  }
  std::uniform_int_distribution<int64_t> spread(ceiling.count() / 2, ceiling.count());
  return milliseconds(spread(random_));
}

void Node::Run() {
  const StopSignal& stop = *context_.stop;
  std::string reason = "started";
  int attempt = 0;
  while (!stop.raised()) {
    if (state() != HostState::kConnecting) SetState(HostState::kConnecting, reason);
    bool was_stable = false;
    const Status opened = conversation_->Open();
    if (opened.ok()) {
      SetState(HostState::kInit, {});
      Conversation::Ending ending = conversation_->Serve();
      reason = std::move(ending.reason);
      was_stable = ending.was_stable;
    } else {
      reason = opened.error().message();
    }
    if (stop.raised()) break;
    log_.Write(LogLevel::kWarning, "no connection: " + reason);
    if (!options().reconnect) break;
    if (was_stable) attempt = 0;
    SetState(HostState::kConnecting, reason);
    // A server that dials keeps its own delays.
    if (opened.ok() && endpoint_.listens()) continue;
    if (stop.WaitFor(NextDelay(attempt++))) break;
  }
  conversation_->Retire();
  SetState(HostState::kStopped, stop.raised() ? std::string_view("stopped") : reason);
}

}  // namespace penstock::adapter
