// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What becomes of events when a server does not read: each policy, with one server and with two.
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

constexpr size_t kMaxQueued = 200000;
// Big enough that few of them fill the buffers of the kernel.
const std::string& Big() {
  static const std::string* const big = new std::string(100000, 'x');
  return *big;
}

// The value of a field in an event's line, or "".
std::string ValueOf(const std::string& line, const std::string& field) {
  const std::string mark = "|S|" + field + "|S|";
  const size_t at = line.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = at + mark.size();
  return line.substr(begin, line.find('|', begin) - begin);
}

// "snap merge" is declared as MERGE.
class DeclaringData : public FakeData {
 public:
  StateRule RuleOf(std::string_view item) override {
    if (item == "snap merge") return {StateRule::Kind::kMerge};
    return FakeData::RuleOf(item);
  }
};

class QueuePolicies : public ::testing::Test {
 protected:
  void Start(QueuePolicy policy, bool two) {
    HostOptions options = OptionsFor(proxy_);
    if (two) options.servers.push_back(other_.server());
    options.max_queued_bytes = kMaxQueued;
    options.queue_policy = policy;
    host_ = std::make_unique<AdapterHost>(provider_, options);
    ASSERT_TRUE(host_->Start().ok());
    stalled_ = std::make_unique<ProxyConnection>(proxy_.Accept());
    OpenData(stalled_.get());
    if (two) {
      reading_ = std::make_unique<ProxyConnection>(other_.Accept());
      OpenData(reading_.get());
    }
    // A server counts as one with room from when it is ready.
    while (host_->counters().total.connections < (two ? 2u : 1u)) std::this_thread::yield();
  }
  Subscription& Subscribe(ProxyConnection* c, const std::string& item) {
    c->Say("2a|SUB|S|" + item);
    while (c->Hear() != "2a|SUB|V") {
    }
    return provider_->handle(item);
  }
  ServerCounters Stalled() { return host_->counters().servers[0]; }
  // The other server has the item, too, and reads up to the event whose `n` is "last".
  std::thread ReadAtOther(const std::string& item) {
    Subscribe(reading_.get(), item);
    return std::thread([this] {
      while (true) {
        const std::string line = reading_->HearEvent();
        if (line == "<nothing>" || line == "<closed>" || ValueOf(line, "n") == "last") return;
      }
    });
  }
  // Sends numbered events until one is refused; the number of those before.
  uint64_t SendUntilRefused(Subscription& s) {
    for (uint64_t sent = 0; sent < 2000; ++sent) {
      const PushResult result = s.Update({{"n", std::to_string(sent)}, {"big", Big()}});
      if (result == PushResult::kFull) return sent;
      EXPECT_EQ(result, PushResult::kOk);
    }
    ADD_FAILURE() << "none was refused";
    return 2000;
  }
  // Sends numbered events until the stalled server has missed some.
  uint64_t SendUntilMissed(Subscription& s, const std::vector<Field>& more) {
    uint64_t sent = 0;
    for (const ServerCounters before = Stalled(); sent < 2000; ++sent) {
      const ServerCounters now = Stalled();
      if (now.events + 10 < before.events + sent) break;
      const std::string n = std::to_string(sent);
      std::vector<Field> fields{{"n", n}, {"big", Big()}};
      fields.insert(fields.end(), more.begin(), more.end());
      EXPECT_EQ(s.Update(fields), PushResult::kOk);
    }
    return sent;
  }
  // Hears events of the stalled server up to the one with `n`; how many, and clears among them.
  struct Heard {
    uint64_t events = 0;
    uint64_t clears = 0;
  };
  Heard HearUpTo(const std::string& n) {
    Heard heard;
    while (true) {
      const std::string line = stalled_->HearEvent();
      if (line == "<nothing>" || line == "<closed>") {
        ADD_FAILURE() << line;
        return heard;
      }
      if (line.substr(0, 3) == "CLS") ++heard.clears;
      if (line.substr(0, 3) == "UD3") ++heard.events;
      if (ValueOf(line, "n") == n) return heard;
    }
  }

  ScriptedProxy proxy_;
  ScriptedProxy other_;
  std::unique_ptr<ProxyConnection> stalled_;
  std::unique_ptr<ProxyConnection> reading_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<DeclaringData>();
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(QueuePolicies, ConflateSendsTheNewestValuesOfAMergeItemWhenThereIsRoom) {
  Start(QueuePolicy::kConflate, false);
  Subscription& s = Subscribe(stalled_.get(), "snap merge");
  const uint64_t sent = SendUntilMissed(s, {});
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  const ServerCounters full = Stalled();
  EXPECT_EQ(full.events + full.conflated, sent + 1);
  EXPECT_GT(full.conflated, 0u);
  EXPECT_LE(full.queued_bytes, kMaxQueued + Big().size() + 1000);
  const uint64_t heard = HearUpTo("last").events;
  const ServerCounters after = Stalled();
  EXPECT_EQ(heard, after.events + after.state_events);
  EXPECT_GT(after.resyncs, 0u);
  EXPECT_EQ(after.state_events, after.resyncs);
  EXPECT_EQ(after.lost, 0u);
  EXPECT_EQ(s.Update({{"n", "live"}}), PushResult::kOk);
  EXPECT_EQ(HearUpTo("live").events, 1u);
  EXPECT_EQ(host_->counters().events_blocked, 0u);
}

TEST_F(QueuePolicies, ConflateBlocksForItemsThatAreNotMerge) {
  Start(QueuePolicy::kConflate, false);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  std::thread feed([&] {
    int n = 0;
    while (host_->counters().events_blocked == 0) {
      s.Update({{"key", "k"}, {"command", "UPDATE"}, {"n", std::to_string(n++)}, {"big", Big()}});
    }
    s.Update({{"key", "k"}, {"command", "UPDATE"}, {"n", "last"}});
  });
  while (host_->counters().events_blocked == 0) std::this_thread::yield();
  const Heard heard = HearUpTo("last");
  feed.join();
  const ServerCounters after = Stalled();
  EXPECT_EQ(heard.events, after.events);
  EXPECT_EQ(after.conflated + after.lost + after.resyncs, 0u);
}

TEST_F(QueuePolicies, ConflateBlocksForItemsThatNobodyDeclared) {
  Start(QueuePolicy::kConflate, false);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  std::thread feed([&] {
    for (int n = 0; n < 2000 && host_->counters().events_blocked == 0; ++n) {
      s.Update({{"n", std::to_string(n)}, {"big", Big()}});
    }
    s.Update({{"n", "last"}});
  });
  while (host_->counters().events_blocked + Stalled().conflated == 0) std::this_thread::yield();
  HearUpTo("last");
  feed.join();
  EXPECT_EQ(Stalled().conflated, 0u);
}

TEST_F(QueuePolicies, ConflateKeepsAClearInItsPlace) {
  Start(QueuePolicy::kConflate, false);
  Subscription& s = Subscribe(stalled_.get(), "snap merge");
  SendUntilMissed(s, {});
  EXPECT_EQ(s.ClearSnapshot(), PushResult::kOk);
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  EXPECT_EQ(HearUpTo("last").clears, 1u);
}

TEST_F(QueuePolicies, StalledServerHoldsUpNeitherTheOtherNorTheProvider) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  std::thread reader = ReadAtOther("snap");
  uint64_t sent = 0;
  while (Stalled().conflated < 10 && sent < 5000) {
    EXPECT_EQ(s.Update({{"n", std::to_string(sent)}, {"big", Big()}}), PushResult::kOk);
    ++sent;
  }
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  reader.join();
  const HostCounters counters = host_->counters();
  EXPECT_EQ(counters.servers[0].events + counters.servers[0].conflated, sent + 1);
  EXPECT_EQ(counters.servers[1].events + counters.servers[1].conflated, sent + 1);
  HearUpTo("last");
  EXPECT_GT(Stalled().resyncs, 0u);
}

TEST_F(QueuePolicies, StalledServerHoldsUpNoItemThatOnlyItHas) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  const uint64_t sent = SendUntilMissed(s, {});
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  EXPECT_EQ(Stalled().events + Stalled().conflated, sent + 1);
  EXPECT_EQ(host_->counters().events_blocked, 0u);
  HearUpTo("last");
}

TEST_F(QueuePolicies, StalledServerStartsOverWithTheRowsIfOneWasDeleted) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  s.Update({{"key", "gone"}, {"command", "ADD"}});
  const uint64_t sent = SendUntilMissed(s, {{"key", "k"}, {"command", "UPDATE"}});
  EXPECT_EQ(s.Update({{"key", "gone"}, {"command", "DELETE"}}), PushResult::kOk);
  EXPECT_EQ(s.Update({{"key", "k"}, {"command", "UPDATE"}, {"n", "last"}}), PushResult::kOk);
  const ServerCounters full = Stalled();
  EXPECT_EQ(full.events + full.conflated, sent + 3);
  const Heard heard = HearUpTo("last");
  EXPECT_EQ(heard.clears, 1u);
  const ServerCounters after = Stalled();
  EXPECT_EQ(heard.events + heard.clears, after.events + after.state_events);
}

TEST_F(QueuePolicies, StalledServerGetsTheChangedRowsIfNoneWasDeleted) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  s.Update({{"key", "same"}, {"command", "ADD"}});
  SendUntilMissed(s, {{"key", "k"}, {"command", "UPDATE"}});
  EXPECT_EQ(s.Update({{"key", "new"}, {"command", "ADD"}, {"n", "last"}}), PushResult::kOk);
  const Heard heard = HearUpTo("last");
  EXPECT_EQ(heard.clears, 0u);
  const ServerCounters after = Stalled();
  EXPECT_EQ(heard.events, after.events + after.state_events);
}

TEST_F(QueuePolicies, StalledServerIsToldExactlyWhatIsLeftOfADistinctItem) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "snap distinct");
  std::thread reader = ReadAtOther("snap distinct");
  const uint64_t sent = SendUntilMissed(s, {});
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  reader.join();
  const Heard heard = HearUpTo("last");
  const ServerCounters after = Stalled();
  EXPECT_EQ(heard.events, after.events);
  EXPECT_EQ(after.events + after.lost, sent + 1);
  EXPECT_GT(after.lost, 0u);
  EXPECT_GT(heard.clears, 0u);
  EXPECT_EQ(heard.clears, after.state_events);
  EXPECT_EQ(after.conflated, 0u);
}

// The other server has room, but not the item.
TEST_F(QueuePolicies, EventThatNothingKeepsIsRefusedWhenNoQueueTakesIt) {
  Start(QueuePolicy::kRefuse, true);
  Subscription& s = Subscribe(stalled_.get(), "raw");
  const uint64_t sent = SendUntilRefused(s);
  EXPECT_EQ(HearUpTo(std::to_string(sent - 1)).events, sent);
  EXPECT_EQ(Stalled().events, sent);
  EXPECT_EQ(Stalled().lost, 0u);
}

TEST_F(QueuePolicies, EventBeyondTheHistoryIsRefusedWhenNoQueueTakesIt) {
  Start(QueuePolicy::kRefuse, true);
  Subscription& s = Subscribe(stalled_.get(), "snap distinct");
  const uint64_t sent = SendUntilRefused(s);
  EXPECT_EQ(Stalled().events + 3, sent);
  const Heard heard = HearUpTo(std::to_string(sent - 1));
  EXPECT_EQ(heard.events, sent);
  EXPECT_EQ(heard.clears, 0u);
  EXPECT_EQ(Stalled().events, sent);
  EXPECT_EQ(Stalled().lost, 0u);
}

TEST_F(QueuePolicies, EventThatNothingKeepsWaitsForItsOwnServer) {
  for (const char* item : {"raw", "snap distinct"}) {
    Start(QueuePolicy::kBlock, true);
    Subscription& s = Subscribe(stalled_.get(), item);
    uint64_t sent = 0;
    std::thread feed([&] {
      while (host_->counters().events_blocked == 0 && sent < 2000) {
        s.Update({{"n", std::to_string(sent++)}, {"big", Big()}});
      }
      s.Update({{"n", "last"}});
    });
    while (host_->counters().events_blocked == 0 && Stalled().lost == 0) std::this_thread::yield();
    const Heard heard = HearUpTo("last");
    feed.join();
    EXPECT_EQ(heard.events, sent + 1);
    EXPECT_EQ(Stalled().lost, 0u);
    host_->Stop(std::chrono::milliseconds(1000));
  }
}

TEST_F(QueuePolicies, EventThatWaitsForAServerEndsWithIt) {
  Start(QueuePolicy::kBlock, true);
  Subscription& s = Subscribe(stalled_.get(), "raw");
  std::thread feed([&] {
    while (s.Update({{"n", "1"}, {"big", Big()}}) == PushResult::kOk) {
    }
  });
  while (host_->counters().events_blocked == 0) std::this_thread::yield();
  stalled_->Drop();
  feed.join();
}

TEST_F(QueuePolicies, RefuseRefusesOnlyWhenAllAreFull) {
  Start(QueuePolicy::kRefuse, true);
  Subscription& s = Subscribe(stalled_.get(), "snap");
  SendUntilMissed(s, {});
  EXPECT_EQ(host_->counters().events_refused, 0u);
  // Now the other one does not read, either.
  reading_->Say("2a|SUB|S|snap");
  while (reading_->Hear() != "2a|SUB|V") {
  }
  PushResult result = PushResult::kOk;
  for (int i = 0; i < 5000 && result == PushResult::kOk; ++i) {
    result = s.Update({{"n", std::to_string(i)}, {"big", Big()}});
  }
  EXPECT_EQ(result, PushResult::kFull);
  EXPECT_EQ(host_->counters().events_refused, 1u);
}

TEST_F(QueuePolicies, BlockedProviderGoesOnWhenAnotherServerComes) {
  HostOptions options = OptionsFor(proxy_);
  options.servers.push_back(other_.server());
  options.max_queued_bytes = kMaxQueued;
  host_ = std::make_unique<AdapterHost>(provider_, options);
  ASSERT_TRUE(host_->Start().ok());
  stalled_ = std::make_unique<ProxyConnection>(proxy_.Accept());
  OpenData(stalled_.get());
  Subscription& s = Subscribe(stalled_.get(), "snap");
  std::atomic<bool> done{false};
  std::thread feed([&] {
    while (host_->counters().events_blocked == 0) s.Update({{"n", "1"}, {"big", Big()}});
    s.Update({{"n", "last"}});
    done = true;
  });
  while (host_->counters().events_blocked == 0) std::this_thread::yield();
  reading_ = std::make_unique<ProxyConnection>(other_.Accept());
  OpenData(reading_.get());
  feed.join();
  EXPECT_TRUE(done);
  HearUpTo("last");
}

}  // namespace
}  // namespace penstock::adapter
