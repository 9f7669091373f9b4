// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/scripted_proxy.h"

namespace penstock::adapter {

// A gate that calls of a provider wait at until the test opens it.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// What happened, in order, as words. Thread: any.
class Journal {
 public:
  void Add(std::string entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
    changed_.notify_all();
  }
  // The next entry, waited for.
  std::string Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMillis),
                           [this] { return !entries_.empty(); })) {
      return "<nothing>";
    }
    std::string entry = std::move(entries_.front());
    entries_.pop_front();
    return entry;
  }
  // Skips to an entry; false if it does not come.
  bool SkipTo(std::string_view entry) {
    while (true) {
      const std::string next = Next();
      if (next == entry) return true;
      if (next == "<nothing>") return false;
    }
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return entries_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> entries_;
};

// Takes any item and keeps its handle; the item's name decides what else happens:
// "bad", "fatal", "throws": Subscribe fails so; "gate": it waits; "snap...": there is a snapshot;
// "snap distinct": it is kept as DISTINCT, three events; "raw": it is not kept.
class FakeData : public DataProvider {
 public:
  Status Init(const Params& given) override {
    params = given;
    journal.Add("init");
    if (refuse_init) return Error("not today");
    return {};
  }
  bool IsSnapshotAvailable(std::string_view item) override { return item.substr(0, 4) == "snap"; }
  StateRule RuleOf(std::string_view item) override {
    StateRule rule;
    if (item == "snap distinct") rule = {StateRule::Kind::kDistinct, 3};
    if (item == "raw") rule.kind = StateRule::Kind::kNone;
    return rule;
  }
  Status Subscribe(Subscription subscription) override {
    const std::string item = subscription.item();
    {
      const std::lock_guard lock(mutex_);
      handles_[item] = std::move(subscription);
    }
    journal.Add("sub " + item);
    if (item == "gate") gate.Pass();
    if (item == "bad") return SubscriptionError{"no such item"};
    if (item == "fatal") return FailureError{"lost"};
    if (item == "throws") throw std::string("not even an exception");
    return {};
  }
  Status Unsubscribe(std::string_view item) override {
    journal.Add("usb " + std::string(item));
    return {};
  }

  // The handle of the last subscription of the item. Thread: the test.
  Subscription& handle(const std::string& item) {
    const std::lock_guard lock(mutex_);
    return handles_[item];
  }

  Journal journal;
  Gate gate;
  Params params;
  bool refuse_init = false;

 private:
  std::mutex mutex_;
  std::map<std::string, Subscription> handles_;
};

// Keeps the states, and the log, in journals.
class FakeListener : public HostListener {
 public:
  void OnLog(LogLevel /*level*/, std::string_view text) override { log.Add(std::string(text)); }
  void OnState(std::string_view /*server*/, HostState state, std::string_view reason) override {
    static constexpr const char* kNames[] = {"stopped", "connecting", "init", "ready"};
    states.Add(std::string(kNames[static_cast<int>(state)]) + " " + std::string(reason));
  }

  Journal log;
  Journal states;
};

inline HostOptions OptionsFor(const ScriptedProxy& proxy) {
  HostOptions options;
  options.servers = {proxy.server()};
  options.min_backoff = std::chrono::milliseconds(1);
  options.max_backoff = std::chrono::milliseconds(2);
  return options;
}

inline constexpr std::string_view kRac =
    "1|RAC|S|SDK|S|Penstock+C%2B%2B+SDK|S|enableClosePacket|S|true";

// Hears RAC, opens the data adapter at 1.9.1, hears the answer.
inline void OpenData(ProxyConnection* connection) {
  connection->Hear();
  connection->Say("1a|DPI|S|ARI.version|S|1.9.1|S|data_provider.name|S|QUOTES|S|note|S|a+b");
  connection->Hear();
}

inline void OpenMetadata(ProxyConnection* connection) {
  connection->Hear();
  connection->Say("1a|MPI|S|ARI.version|S|1.9.1|S|adapters_conf.id|S|DEMO");
  connection->Hear();
}

}  // namespace penstock::adapter
