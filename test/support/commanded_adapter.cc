// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A Data Adapter that does what its standard input says and writes what it sees, for tests against
// real servers:
//   commanded_adapter POLICY MAX_QUEUED_BYTES SERVER...
// POLICY: block, refuse, conflate. Items of a name that begins with "distinct" are kept as
// DISTINCT. Each line of input is a command with its arguments, apart by tabs:
//   update ITEM FIELD=VALUE...     snapshot ITEM FIELD=VALUE...     eos ITEM     clear ITEM
//   flood ITEM COUNT BYTES         so many updates: n counts them, pad has so many bytes
//   counters                       one line for each server
// It ends with the input. Output, a line each:
//   init    sub ITEM    usb ITEM    state SERVER STATE
//   flooded ITEM OK REFUSED MILLIS
//   counters SERVER EVENTS CONFLATED LOST RESYNCS QUEUED
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/adapter/adapter_host.h"

namespace {

using namespace penstock::adapter;

void Say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

class Listener : public HostListener {
 public:
  void OnLog(LogLevel, std::string_view text) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  void OnState(std::string_view server, HostState state, std::string_view) override {
    static constexpr const char* kNames[] = {"stopped", "connecting", "init", "ready"};
    Say("state " + std::string(server) + " " + kNames[static_cast<int>(state)]);
  }
};

class Commanded : public DataProvider {
 public:
  Status Init(const Params&) override {
    Say("init");
    return {};
  }
  bool IsSnapshotAvailable(std::string_view) override { return true; }
  StateRule RuleOf(std::string_view item) override {
    StateRule rule;
    if (item.substr(0, 8) == "distinct") rule.kind = StateRule::Kind::kDistinct;
    if (item == "price") rule.kind = StateRule::Kind::kMerge;
    return rule;
  }
  Status Subscribe(Subscription subscription) override {
    const std::string item = subscription.item();
    {
      const std::lock_guard lock(mutex_);
      subscriptions_[item] = std::make_shared<Subscription>(std::move(subscription));
    }
    Say("sub " + item);
    return {};
  }
  Status Unsubscribe(std::string_view item) override {
    Say("usb " + std::string(item));
    return {};
  }

  std::shared_ptr<Subscription> Find(const std::string& item) {
    const std::lock_guard lock(mutex_);
    const auto at = subscriptions_.find(item);
    return at == subscriptions_.end() ? std::make_shared<Subscription>() : at->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Subscription>> subscriptions_;
};

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, '\t');) parts.push_back(part);
  return parts;
}

void Update(Subscription& to, const std::vector<std::string>& parts, bool snapshot) {
  std::vector<Field> fields;
  for (size_t i = 2; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const size_t equals = part.find('=');
    fields.push_back({part.substr(0, equals), part.substr(equals + 1)});
  }
  static_cast<void>(to.Update(fields, snapshot));
}

void Flood(Subscription& to, const std::string& item, int count, size_t bytes) {
  const std::string pad(bytes, 'x');
  int taken = 0;
  int refused = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i <= count; ++i) {
    const std::string n = std::to_string(i);
    const PushResult result = to.Update({{"n", n}, {"pad", pad}});
    if (result == PushResult::kOk) ++taken;
    if (result == PushResult::kFull) ++refused;
  }
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  Say("flooded " + item + " " + std::to_string(taken) + " " + std::to_string(refused) + " " +
      std::to_string(millis.count()));
}

void SayCounters(const AdapterHost& host) {
  for (const ServerCounters& c : host.counters().servers) {
    std::ostringstream line;
    line << "counters " << c.server << ' ' << c.events << ' ' << c.conflated << ' ' << c.lost << ' '
         << c.resyncs << ' ' << c.queued_bytes;
    Say(line.str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Listener listener;
  HostOptions options;
  const std::string policy = argv[1];
  if (policy == "refuse") options.queue_policy = QueuePolicy::kRefuse;
  if (policy == "conflate") options.queue_policy = QueuePolicy::kConflate;
  options.max_queued_bytes = std::stoul(argv[2]);
  options.servers.assign(argv + 3, argv + argc);
  options.min_backoff = std::chrono::milliseconds(50);
  options.max_backoff = std::chrono::milliseconds(200);
  options.listener = &listener;
  const auto provider = std::make_shared<Commanded>();
  AdapterHost host(provider, options);
  if (!host.Start()) return 1;

  std::vector<std::thread> floods;
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<std::string> parts = Split(line);
    if (parts.empty()) continue;
    if (parts[0] == "counters") {
      SayCounters(host);
      continue;
    }
    const auto to = provider->Find(parts.at(1));
    if (parts[0] == "update" || parts[0] == "snapshot") Update(*to, parts, parts[0] == "snapshot");
    if (parts[0] == "eos") to->EndOfSnapshot();
    if (parts[0] == "clear") to->ClearSnapshot();
    if (parts[0] == "flood") {
      floods.emplace_back(
          [to, parts] { Flood(*to, parts[1], std::stoi(parts.at(2)), std::stoul(parts.at(3))); });
    }
  }
  host.Stop(std::chrono::milliseconds(500));
  for (std::thread& flood : floods) flood.join();
  return 0;
}
