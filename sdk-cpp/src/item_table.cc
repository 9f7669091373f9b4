// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "item_table.h"

#include <algorithm>
#include <utility>

#include "guard.h"

namespace penstock::adapter {

void ItemTable::Add(const std::string& item, Request request) {
  const std::lock_guard lock(mutex_);
  AddLocked(item, std::move(request));
}

void ItemTable::EndSession(const std::shared_ptr<DataSession>& session) {
  const auto of_session = [&](const Request& r) { return r.session == session; };
  const std::lock_guard lock(mutex_);
  for (auto& [name, item] : items_) {
    for (size_t n = std::erase_if(item.waiting, of_session); n > 0; --n) session->calls().End();
    const bool has_it = item.feed != nullptr && item.feed->Has(session->events().get());
    if (has_it || item.asks == session.get()) AddLocked(name, {session, {}, false});
  }
}

void ItemTable::AddLocked(const std::string& name, Request request) {
  request.session->calls().Begin();
  Item& item = items_[name];
  item.waiting.push_back(std::move(request));
  if (item.running) return;
  item.running = true;
  pool_->Post([this, name] { RunItem(name); });
}

void ItemTable::RunItem(const std::string& name) {
  // Its session's lease keeps Init() away while the item is released.
  Request last;
  while (true) {
    Item* item = nullptr;
    Request request;
    bool taken_back = false;
    switch (NextStep(name, &item, &request, &taken_back)) {
      case Step::kRequest:
        Run(name, item, request, taken_back);
        request.session->calls().End();
        last = std::move(request);
        break;
      case Step::kRelease:
        static_cast<void>(Release(name, item));
        break;
      case Step::kNothing:
        return;
    }
  }
}

ItemTable::Step ItemTable::NextStep(const std::string& name, Item** item, Request* request,
                                    bool* taken_back) {
  const std::lock_guard lock(mutex_);
  const auto at = items_.find(name);
  Item& one = at->second;
  *item = &one;
  one.asks = nullptr;
  if (!one.waiting.empty()) {
    *request = std::move(one.waiting.front());
    one.waiting.pop_front();
    one.asks = request->session.get();
    *taken_back = request->subscribe && TakesBack(one, one.asks);
    return Step::kRequest;
  }
  // It was held for a server that wants it no more.
  if (one.feed != nullptr && !one.feed->has_subscribers()) return Step::kRelease;
  one.running = false;
  if (one.feed == nullptr) items_.erase(at);
  return Step::kNothing;
}

void ItemTable::Run(const std::string& name, Item* item, const Request& request, bool taken_back) {
  DataSession& session = *request.session;
  if (taken_back) {
    session.Answer(request.id, DataSession::Request::kSubscribe,
                   SubscriptionError{"Subscribe request come too late"});
    return;
  }
  const Outbox* const events = session.events().get();
  const bool has_it = item->feed != nullptr && item->feed->Has(events);
  if (request.subscribe) {
    if (has_it) {
      // The server broke the alternation of the two; its second generation replaces the first.
      session.log().Write(LogLevel::kWarning, "item subscribed twice: " + name);
      item->feed->Detach(events);
      static_cast<void>(Release(name, item));
    }
    Subscribe(name, item, request);
    return;
  }
  // There is nothing to undo after a subscription that failed or was taken back.
  Status status;
  if (has_it) {
    item->feed->Detach(events);
    status = Release(name, item);
  }
  session.Answer(request.id, DataSession::Request::kUnsubscribe, status);
}

bool ItemTable::TakesBack(const Item& item, const DataSession* session) {
  return std::any_of(item.waiting.begin(), item.waiting.end(),
                     [&](const Request& r) { return !r.subscribe && r.session.get() == session; });
}

bool ItemTable::SomeoneWaits(const Item& item) {
  const std::lock_guard lock(mutex_);
  return std::any_of(item.waiting.begin(), item.waiting.end(),
                     [](const Request& r) { return r.subscribe; });
}

void ItemTable::Subscribe(const std::string& name, Item* item, const Request& request) {
  DataSession& session = *request.session;
  Status status;
  if (item->feed == nullptr) {
    status = Open(name, item, request);
    if (status.ok() && item->feed->has_resumed()) return;  // which was the answer
  } else {
    item->feed->Attach(session.events(), session.NewWriter(name, request.id));
  }
  session.Answer(request.id, DataSession::Request::kSubscribe, status);
}

Status ItemTable::Open(const std::string& name, Item* item, const Request& request) {
  return Guard([&]() -> Status {
    const bool snapshot = provider_->IsSnapshotAvailable(name);
    const StateRule rule = context_->keeps_state ? provider_->RuleOf(name) : StateRule{};
    const auto feed = std::make_shared<ItemFeed>(name, rule, !snapshot, context_);
    if (context_->may_resume) feed->Offer(request.resume_token);
    feed->Attach(request.session->events(), request.session->NewWriter(name, request.id));
    SetFeed(item, feed);
    const Status status = Guard([&] { return provider_->Subscribe(Subscription(feed)); });
    feed->Withdraw();
    if (!status.ok()) {
      feed->Close();
      SetFeed(item, nullptr);
    }
    return status;
  });
}

// Under the lock, because EndSession() looks at feeds of items that do not run.
void ItemTable::SetFeed(Item* item, std::shared_ptr<ItemFeed> feed) {
  const std::lock_guard lock(mutex_);
  item->feed = std::move(feed);
}

Status ItemTable::Release(const std::string& name, Item* item) {
  if (item->feed == nullptr || item->feed->has_subscribers()) return {};
  // With kept state the next server can step in, and the provider notices nothing.
  if (item->feed->can_pass_on() && SomeoneWaits(*item)) return {};
  item->feed->Close();
  SetFeed(item, nullptr);
  return Guard([&] { return provider_->Unsubscribe(name); });
}

}  // namespace penstock::adapter
