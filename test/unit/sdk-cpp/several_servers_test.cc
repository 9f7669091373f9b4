// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// One provider on several servers.
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

class SeveralServers : public ::testing::Test {
 protected:
  HostOptions Options() {
    HostOptions options = OptionsFor(proxy_a_);
    options.servers.push_back(proxy_b_.server());
    options.listener = &listener_;
    return options;
  }
  void Start(HostOptions options) {
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    ASSERT_TRUE(host_->Start().ok());
  }
  // Both servers have opened the adapter.
  void StartOpened(HostOptions options) {
    Start(std::move(options));
    a_ = std::make_unique<ProxyConnection>(proxy_a_.Accept());
    b_ = std::make_unique<ProxyConnection>(proxy_b_.Accept());
    OpenData(a_.get());
    OpenData(b_.get());
    EXPECT_EQ(provider_->journal.Next(), "init");
  }
  void StartOpened() { StartOpened(Options()); }
  // Subscribes at server a, which hears the answer.
  Subscription& SubscribeAtA(const std::string& item) {
    a_->Say("2a|SUB|S|" + item);
    while (a_->Hear() != "2a|SUB|V") {
    }
    EXPECT_EQ(provider_->journal.Next(), "sub " + item);
    return provider_->handle(item);
  }

  ScriptedProxy proxy_a_;
  ScriptedProxy proxy_b_;
  std::unique_ptr<ProxyConnection> a_;
  std::unique_ptr<ProxyConnection> b_;
  FakeListener listener_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(SeveralServers, ProviderHasAnItemAsLongAsAnyServerWantsIt) {
  StartOpened();
  SubscribeAtA("snap");
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  a_->Say("3a|USB|S|snap");
  EXPECT_EQ(a_->Hear(), "3a|USB|V");
  EXPECT_TRUE(provider_->handle("snap").is_open());
  b_->Say("3b|USB|S|snap");
  EXPECT_EQ(b_->Hear(), "3b|USB|V");
  EXPECT_FALSE(provider_->handle("snap").is_open());
  EXPECT_EQ(provider_->journal.Next(), "usb snap");
  EXPECT_TRUE(provider_->journal.empty());
}

TEST_F(SeveralServers, EachGetsAnEventUnderItsOwnId) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  b_->Say("7b|SUB|S|snap");
  EXPECT_EQ(b_->Hear(), "7b|SUB|V");
  EXPECT_EQ(s.Update({{"f", "1"}}), PushResult::kOk);
  EXPECT_EQ(a_->HearEvent(), "UD3|S|snap|S|2a|B|0|S|f|S|1");
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|7b|B|0|S|f|S|1");
  a_->Say("3a|USB|S|snap");
  EXPECT_EQ(a_->Hear(), "3a|USB|V");
  EXPECT_EQ(s.ClearSnapshot(), PushResult::kOk);
  EXPECT_EQ(b_->HearEvent(), "CLS|S|snap|S|7b");
}

TEST_F(SeveralServers, EachGetsItsOwnDialect) {
  ScriptedProxy notify;
  HostOptions options = Options();
  options.servers[1] += "?notify=" + std::to_string(notify.port());
  Start(options);
  ProxyConnection a = proxy_a_.Accept();
  OpenData(&a);
  ProxyConnection b = proxy_b_.Accept();
  ProxyConnection events = notify.Accept();
  b.Hear();
  EXPECT_EQ(events.Hear(), kRac);
  b.Say("1b|DPI|S|ARI.version|S|1.8.3");
  b.Hear();
  a.Say("2a|SUB|S|snap");
  EXPECT_EQ(a.Hear(), "2a|SUB|V");
  b.Say("2b|SUB|S|snap");
  EXPECT_EQ(b.Hear(), "2b|SUB|V");
  const FieldDiffOrder order[] = {{"f", {DiffAlgorithm::kJsonPatch}}};
  EXPECT_EQ(provider_->handle("snap").DeclareDiffOrder(order), PushResult::kOk);
  EXPECT_EQ(provider_->handle("snap").Update({{"f", "a b"}}), PushResult::kOk);
  EXPECT_EQ(a.HearEvent(), "DFD|S|snap|S|2a|S|f|F|J");
  EXPECT_EQ(a.HearEvent(), "UD3|S|snap|S|2a|B|0|S|f|S|a b");
  EXPECT_EQ(events.HearEvent(), "UD3|S|snap|S|2b|B|0|S|f|S|a+b");
}

TEST_F(SeveralServers, LaterServerGetsTheValuesOfAMergeItem) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  const FieldDiffOrder order[] = {{"y", {DiffAlgorithm::kJsonPatch}}};
  s.DeclareDiffOrder(order);
  s.Update({{"x", "1"}, {"y", "2"}, {"z", "3"}}, true);
  s.EndOfSnapshot();
  s.Update({{"y", "20"}, {"z", std::nullopt}});
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->HearEvent(), "DFD|S|snap|S|2b|S|y|F|J");
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|x|S|1|S|y|S|20|S|z|S|#");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  s.Update({{"x", "9"}});
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|0|S|x|S|9");
}

TEST_F(SeveralServers, LaterServerGetsTheRowsOfACommandItem) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  s.Update({{"key", "k1"}, {"command", "ADD"}, {"v", "1"}}, true);
  s.Update({{"key", "k2"}, {"command", "ADD"}, {"v", "2"}}, true);
  s.EndOfSnapshot();
  s.Update({{"key", "k3"}, {"command", "ADD"}, {"v", "3"}});
  s.Update({{"key", "k1"}, {"command", "DELETE"}});
  s.Update({{"key", "k2"}, {"command", "UPDATE"}, {"v", "22"}});
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|key|S|k2|S|v|S|22|S|command|S|ADD");
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|key|S|k3|S|v|S|3|S|command|S|ADD");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
}

TEST_F(SeveralServers, LaterServerGetsTheLastEventsOfADistinctItem) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap distinct");
  s.EndOfSnapshot();
  for (int i = 1; i <= 5; ++i) s.Update({{"n", std::to_string(i)}});
  b_->Say("2b|SUB|S|snap distinct");
  for (const char* n : {"3", "4", "5"}) {
    EXPECT_EQ(b_->HearEvent(), std::string("UD3|S|snap distinct|S|2b|B|1|S|n|S|") + n);
  }
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap distinct|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
}

TEST_F(SeveralServers, LaterServerGetsNothingOfAnItemThatIsNotKept) {
  StartOpened();
  Subscription& s = SubscribeAtA("raw");
  s.Update({{"n", "1"}});
  b_->Say("2b|SUB|S|raw");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|raw|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
}

// A9: the snapshot's end comes when the provider says so, at a server that joins in the middle too.
TEST_F(SeveralServers, LaterServerJoinsAnUnfinishedSnapshot) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  s.Update({{"key", "k1"}, {"command", "ADD"}}, true);
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|key|S|k1|S|command|S|ADD");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  s.Update({{"key", "k2"}, {"command", "ADD"}}, true);
  s.EndOfSnapshot();
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|key|S|k2|S|command|S|ADD");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
}

TEST_F(SeveralServers, ClearedItemIsAnEmptySnapshot) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  s.Update({{"x", "1"}}, true);
  s.ClearSnapshot();
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
}

TEST_F(SeveralServers, LossOfOneIsNoneOfTheProvidersBusiness) {
  StartOpened();
  Subscription& s = SubscribeAtA("snap");
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  b_->Drop();
  ProxyConnection again = proxy_b_.Accept();
  EXPECT_EQ(s.Update({{"x", "1"}}), PushResult::kOk);
  OpenData(&again);
  again.Say("9b|SUB|S|snap");
  EXPECT_EQ(again.HearEvent(), "UD3|S|snap|S|9b|B|1|S|x|S|1");
  EXPECT_EQ(again.HearEvent(), "EOS|S|snap|S|9b");
  EXPECT_EQ(again.Hear(), "9b|SUB|V");
  EXPECT_EQ(a_->HearEvent(), "UD3|S|snap|S|2a|B|0|S|x|S|1");
  EXPECT_TRUE(provider_->journal.empty());
}

// The loss is known, but the pool has not come to the item yet.
TEST_F(SeveralServers, EventBetweenALossAndItsEndIsKeptForTheNextServer) {
  HostOptions options = Options();
  options.worker_threads = 1;
  StartOpened(options);
  Subscription& s = SubscribeAtA("snap");
  EXPECT_EQ(s.Update({{"x", "1"}}, true), PushResult::kOk);
  a_->Say("3a|SUB|S|gate");
  EXPECT_EQ(provider_->journal.Next(), "sub gate");
  b_->Say("2b|SUB|S|snap");
  while (host_->counters().total.requests < 3) std::this_thread::yield();
  a_->Drop();
  while (host_->counters().servers[0].state == HostState::kReady) std::this_thread::yield();
  EXPECT_EQ(s.Update({{"x", "2"}}), PushResult::kOk);
  provider_->gate.Open();
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|1|S|x|S|2");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  EXPECT_TRUE(s.is_open());
  EXPECT_EQ(s.Update({{"x", "3"}}), PushResult::kOk);
  EXPECT_EQ(b_->HearEvent(), "UD3|S|snap|S|2b|B|0|S|x|S|3");
  EXPECT_EQ(host_->counters().events_closed, 0u);
}

TEST_F(SeveralServers, ItemPassesFromOneToTheNextUnnoticed) {
  StartOpened();
  a_->Say("2a|SUB|S|gate");
  EXPECT_EQ(a_->HearEvent(), "EOS|S|gate|S|2a");
  EXPECT_EQ(provider_->journal.Next(), "sub gate");
  a_->Say("3a|USB|S|gate");
  while (host_->counters().total.requests < 2) std::this_thread::yield();
  b_->Say("2b|SUB|S|gate");
  while (host_->counters().total.requests < 3) std::this_thread::yield();
  provider_->gate.Open();
  EXPECT_EQ(a_->Hear(), "2a|SUB|V");
  EXPECT_EQ(a_->Hear(), "3a|USB|V");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|gate|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  EXPECT_TRUE(provider_->handle("gate").is_open());
  EXPECT_TRUE(provider_->journal.empty());
}

// A7, for one server while another one has the item.
TEST_F(SeveralServers, BurstOfOneIsItsOwn) {
  StartOpened();
  a_->Say("2a|SUB|S|gate");
  EXPECT_EQ(a_->HearEvent(), "EOS|S|gate|S|2a");
  uint64_t requests = 1;
  for (const char* line : {"7b|SUB|S|gate", "8b|USB|S|gate", "9b|SUB|S|gate"}) {
    b_->Say(line);
    ++requests;
  }
  while (host_->counters().total.requests < requests) std::this_thread::yield();
  provider_->gate.Open();
  EXPECT_EQ(b_->Hear(), "7b|SUB|EU|Subscribe request come too late");
  EXPECT_EQ(b_->Hear(), "8b|USB|V");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|gate|S|9b");
  EXPECT_EQ(b_->Hear(), "9b|SUB|V");
  EXPECT_EQ(a_->Hear(), "2a|SUB|V");
  EXPECT_EQ(provider_->journal.Next(), "sub gate");
  EXPECT_TRUE(provider_->journal.empty());
}

TEST_F(SeveralServers, ProviderIsInitialisedAgainOnlyWhenNoneWasLeft) {
  StartOpened();
  b_->Drop();
  ProxyConnection b = proxy_b_.Accept();
  OpenData(&b);
  EXPECT_TRUE(provider_->journal.empty());
  SubscribeAtA("snap");
  a_->Drop();
  EXPECT_EQ(provider_->journal.Next(), "usb snap");
  b.Drop();
  ProxyConnection a = proxy_a_.Accept();
  ProxyConnection again = proxy_b_.Accept();
  OpenData(&again);
  OpenData(&a);
  EXPECT_EQ(provider_->journal.Next(), "init");
  EXPECT_TRUE(provider_->journal.empty());
}

TEST_F(SeveralServers, HostIsReadyWhenOneIs) {
  Start(Options());
  ProxyConnection a = proxy_a_.Accept();
  OpenData(&a);
  EXPECT_TRUE(listener_.states.SkipTo("ready "));
  EXPECT_EQ(host_->state(), HostState::kReady);
  const HostCounters counters = host_->counters();
  ASSERT_EQ(counters.servers.size(), 2u);
  EXPECT_EQ(counters.servers[0].server, proxy_a_.server());
  EXPECT_EQ(counters.servers[0].state, HostState::kReady);
  EXPECT_NE(counters.servers[1].state, HostState::kReady);
  EXPECT_EQ(counters.total.connections, 1u);
}

TEST_F(SeveralServers, FailTellsAll) {
  StartOpened();
  while (host_->counters().total.connections < 2) std::this_thread::yield();
  EXPECT_TRUE(host_->Fail("feed lost").ok());
  EXPECT_EQ(a_->HearEvent(), "FAL|E|feed lost");
  EXPECT_EQ(b_->HearEvent(), "FAL|E|feed lost");
}

TEST_F(SeveralServers, StateBeyondItsBoundIsGivenUpAndSaidSo) {
  HostOptions options = Options();
  options.max_kept_bytes = 1000;
  StartOpened(options);
  Subscription& s = SubscribeAtA("snap");
  s.Update({{"x", std::string(2000, 'x')}}, true);
  s.EndOfSnapshot();
  EXPECT_TRUE(
      listener_.log.SkipTo("adapter: the kept states exceed max_kept_bytes: that of item "
                           "snap is dropped"));
  b_->Say("2b|SUB|S|snap");
  EXPECT_EQ(b_->HearEvent(), "EOS|S|snap|S|2b");
  EXPECT_EQ(b_->Hear(), "2b|SUB|V");
  EXPECT_EQ(host_->counters().items_unkept, 1u);
  EXPECT_EQ(host_->counters().kept_bytes, 0u);
}

TEST_F(SeveralServers, ItemThatLostItsStateIsAskedForAnew) {
  HostOptions options = Options();
  options.max_kept_bytes = 1000;
  options.worker_threads = 1;
  StartOpened(options);
  SubscribeAtA("snap").Update({{"x", std::string(2000, 'x')}}, true);
  b_->Say("2b|SUB|S|gate");
  EXPECT_EQ(provider_->journal.Next(), "sub gate");
  a_->Say("3a|USB|S|snap");
  while (host_->counters().total.requests < 3) std::this_thread::yield();
  b_->Say("3b|SUB|S|snap");
  while (host_->counters().total.requests < 4) std::this_thread::yield();
  provider_->gate.Open();
  EXPECT_EQ(provider_->journal.Next(), "usb snap");
  EXPECT_EQ(provider_->journal.Next(), "sub snap");
}

TEST_F(SeveralServers, StateOfAnEndedSubscriptionIsFreed) {
  StartOpened();
  const Subscription& s = SubscribeAtA("snap");
  provider_->handle("snap").Update({{"x", "1"}}, true);
  EXPECT_GT(host_->counters().kept_bytes, 0u);
  a_->Say("3a|USB|S|snap");
  EXPECT_EQ(provider_->journal.Next(), "usb snap");
  EXPECT_FALSE(s.is_open());
  EXPECT_EQ(host_->counters().kept_bytes, 0u);
}

}  // namespace
}  // namespace penstock::adapter
