// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "data_session.h"

#include <utility>

#include "ari/data_messages.h"
#include "ari/exception.h"
#include "convert.h"
#include "guard.h"

namespace penstock::adapter {

DataSession::DataSession(SessionContext context, DataProvider* provider)
    : context_(std::move(context)),
      channel_(std::make_shared<EventChannel>(
          EventChannel{context_.events, context_.dialect, context_.counters})),
      provider_(provider) {}

void DataSession::OnPacket(const ari::PacketHead& head) {
  if (head.method != ari::Method::kSub && head.method != ari::Method::kUsb) {
    CounterCells::Add(context_.counters->malformed);
    context_.log->Write(LogLevel::kWarning,
                        "ignored a packet of method " + std::string(head.method_text));
    return;
  }
  CounterCells::Add(context_.counters->requests);
  Request request{std::string(head.id), head.method == ari::Method::kSub};
  std::string item;
  const ari::Status status = ari::ParseItemRequest(head.method, head.args, context_.dialect, &item);
  if (!status.ok()) {
    CounterCells::Add(context_.counters->malformed);
    Answer(request, head.method, Error(status.message()));
    return;
  }
  Enqueue(item, std::move(request));
}

void DataSession::EndInput() {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, item] : items_) names.push_back(name);
  }
  // An item that is not subscribed takes this as it takes any request too many.
  for (const std::string& name : names) Enqueue(name, Request{});
}

void DataSession::Enqueue(const std::string& name, Request request) {
  const std::lock_guard lock(mutex_);
  Item& item = items_[name];
  item.waiting.push_back(std::move(request));
  if (item.running) return;
  item.running = true;
  context_.pool->Post([this, name] { RunItem(name); });
}

void DataSession::RunItem(const std::string& name) {
  while (true) {
    Request request;
    bool taken_back = false;
    {
      const std::lock_guard lock(mutex_);
      const auto at = items_.find(name);
      Item& item = at->second;
      if (item.waiting.empty()) {
        item.running = false;
        if (item.current == nullptr) items_.erase(at);
        return;
      }
      request = std::move(item.waiting.front());
      item.waiting.pop_front();
      taken_back = request.subscribe && !item.waiting.empty();
    }
    if (taken_back) {
      Answer(request, ari::Method::kSub, SubscriptionError{"Subscribe request come too late"});
    } else if (request.subscribe) {
      Subscribe(name, request);
    } else {
      Unsubscribe(name, request);
    }
  }
}

void DataSession::Subscribe(const std::string& name, const Request& request) {
  const auto state = std::make_shared<SubscriptionState>(name, request.id, channel_);
  {
    const std::lock_guard lock(mutex_);
    Item& item = items_.find(name)->second;
    if (item.current != nullptr) {
      // The server broke the alternation of 4.2; its second generation replaces the first.
      context_.log->Write(LogLevel::kWarning, "item subscribed twice: " + name);
      item.current->open.store(false, std::memory_order_release);
    }
    item.current = state;
  }
  const Status status = Guard([&]() -> Status {
    if (!provider_->IsSnapshotAvailable(name)) {
      std::string line;
      ari::WriteItemEvent(0, ari::Method::kEos, name, request.id, context_.dialect, &line);
      context_.events->PushAnswer(line);
    }
    return provider_->Subscribe(Subscription(state));
  });
  if (!status.ok()) {
    state->open.store(false, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    items_.find(name)->second.current = nullptr;
  }
  Answer(request, ari::Method::kSub, status);
}

void DataSession::Unsubscribe(const std::string& name, const Request& request) {
  std::shared_ptr<SubscriptionState> state;
  {
    const std::lock_guard lock(mutex_);
    state = std::move(items_.find(name)->second.current);
    items_.find(name)->second.current = nullptr;
  }
  // Nothing to undo after a subscription that failed or was taken back.
  if (state == nullptr) {
    Answer(request, ari::Method::kUsb, {});
    return;
  }
  state->open.store(false, std::memory_order_release);
  Answer(request, ari::Method::kUsb, Guard([&] { return provider_->Unsubscribe(name); }));
}

void DataSession::Answer(const Request& request, ari::Method method, const Status& status) {
  if (request.id.empty()) return;
  std::string line;
  if (status.ok()) {
    ari::WriteVoidReply(request.id, method, context_.dialect, &line);
  } else {
    ari::WriteException(request.id, method, ToException(status.error(), *context_.log),
                        context_.dialect, &line);
  }
  context_.answers->PushAnswer(line);
}

}  // namespace penstock::adapter
