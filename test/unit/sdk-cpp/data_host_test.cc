// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

class DataHost : public ::testing::Test {
 protected:
  AdapterHost& Start(HostOptions options) {
    options.listener = &listener_;
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    const Status started = host_->Start();
    EXPECT_TRUE(started.ok());
    return *host_;
  }
  // Until the host has read so many requests.
  void AwaitRequests(uint64_t count) {
    while (host_->counters().total.requests < count) std::this_thread::yield();
  }

  ScriptedProxy proxy_;
  FakeListener listener_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  std::unique_ptr<AdapterHost> host_;
};

// A4
TEST_F(DataHost, SpeaksRacFirstAndAnswersInit) {
  HostOptions options = OptionsFor(proxy_);
  options.params = {{"note", "mine"}, {"feed", "x"}};
  Start(options);
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  c.Say("1a|DPI|S|ARI.version|S|1.9.1|S|keepalive_hint.millis|S|8000|S|note|S|a+b|S|set|S|DEMO");
  EXPECT_EQ(c.Hear(), "1a|DPI|S|ARI.version|S|1.9.1");
  EXPECT_EQ(provider_->params, (Params{{"feed", "x"}, {"note", "mine"}, {"set", "DEMO"}}));
  EXPECT_TRUE(listener_.states.SkipTo("ready "));
}

// A6
TEST_F(DataHost, SendsCredentials) {
  HostOptions options = OptionsFor(proxy_);
  options.user = "u ser";
  options.password = "p|w";
  Start(options);
  EXPECT_EQ(proxy_.Accept().Hear(), std::string(kRac) + "|S|user|S|u+ser|S|password|S|p%7Cw");
}

// A9
TEST_F(DataHost, SendsEndOfSnapshotFirstWhenThereIsNone) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|plain");
  EXPECT_EQ(c.HearEvent(), "EOS|S|plain|S|2a");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
}

// A9
TEST_F(DataHost, CarriesTheEventsOfASubscription) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  Subscription& s = provider_->handle("snap");
  EXPECT_EQ(s.Update({{"last", "12|5 +3%"}, {"n", std::nullopt}, {"e", ""}}, true),
            PushResult::kOk);
  EXPECT_EQ(s.EndOfSnapshot(), PushResult::kOk);
  const FieldDiffOrder order[] = {
      {"last", {DiffAlgorithm::kJsonPatch, DiffAlgorithm::kDiffMatchPatch}}, {"x", {}}};
  EXPECT_EQ(s.DeclareDiffOrder(order), PushResult::kOk);
  EXPECT_EQ(s.Update({{"last", "Caf\u00E9"}}), PushResult::kOk);
  EXPECT_EQ(s.ClearSnapshot(), PushResult::kOk);
  EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|2a|B|1|S|last|S|12%7C5 %2B3%25|S|n|S|#|S|e|S|$");
  EXPECT_EQ(c.HearEvent(), "EOS|S|snap|S|2a");
  EXPECT_EQ(c.HearEvent(), "DFD|S|snap|S|2a|S|last|F|JM|S|x|F|$");
  EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|2a|B|0|S|last|S|Caf\u00E9");
  EXPECT_EQ(c.HearEvent(), "CLS|S|snap|S|2a");
}

// Throws whatever it is told.
class ThrowingListener : public HostListener {
  void OnLog(LogLevel /*level*/, std::string_view /*text*/) override { throw 1; }
  void OnState(std::string_view /*server*/, HostState /*state*/,
               std::string_view /*reason*/) override {
    throw 2;
  }
};

TEST_F(DataHost, OutlivesAListenerThatThrows) {
  ThrowingListener listener;
  HostOptions options = OptionsFor(proxy_);
  options.listener = &listener;
  AdapterHost host(provider_, options);
  ASSERT_TRUE(host.Start().ok());
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
}

TEST_F(DataHost, KnowsItsServersBeforeItStarts) {
  const AdapterHost host(provider_, OptionsFor(proxy_));
  const HostCounters counters = host.counters();
  ASSERT_EQ(counters.servers.size(), 1u);
  EXPECT_EQ(counters.servers[0].server, proxy_.server());
  EXPECT_EQ(counters.servers[0].state, HostState::kStopped);
}

TEST_F(DataHost, ConnectionsThatDoNotLastAreMadeEverMoreSeldom) {
  HostOptions options = OptionsFor(proxy_);
  options.min_backoff = std::chrono::milliseconds(20);
  options.max_backoff = std::chrono::hours(1);
  Start(options);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 6; ++i) {
    ProxyConnection c = proxy_.Accept();
    OpenData(&c);
  }
  // At least half of 20, 40, 80, 160 and 320.
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(310));
}

// No sum of these with a moment may run over.
TEST_F(DataHost, BearsTheLongestOfTimes) {
  HostOptions options = OptionsFor(proxy_);
  options.keepalive = std::chrono::milliseconds::max();
  options.connect_timeout = std::chrono::milliseconds::max();
  options.min_backoff = std::chrono::milliseconds::max();
  options.max_backoff = std::chrono::milliseconds::max();
  Start(options);
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  c.Say("1a|DPI|S|ARI.version|S|1.9.1|S|keepalive_hint.millis|S|9223372036854775807");
  EXPECT_EQ(c.Hear(), "1a|DPI|S|ARI.version|S|1.9.1");
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  c.Say("3a|USB|S|snap");
  EXPECT_EQ(c.Hear(), "3a|USB|V");
  std::thread end([&] {
    while (c.Hear() != "<closed>") {
    }
    c.Drop();
  });
  host_->Stop(std::chrono::milliseconds::max());
  end.join();
}

TEST_F(DataHost, ReadsPercentEncodedAsciiNames) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|Caf%C3%A9%20%231");
  EXPECT_EQ(c.HearEvent(), "EOS|S|Caf\u00E9 #1|S|2a");
}

// A8
TEST_F(DataHost, ClosesTheHandleBeforeUnsubscribe) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  c.Hear();
  Subscription old = std::move(provider_->handle("snap"));
  EXPECT_TRUE(old.is_open());
  c.Say("3a|USB|S|snap");
  EXPECT_EQ(c.Hear(), "3a|USB|V");
  EXPECT_FALSE(old.is_open());
  EXPECT_EQ(old.Update({{"a", "1"}}), PushResult::kClosed);
  EXPECT_EQ(old.EndOfSnapshot(), PushResult::kClosed);
  c.Say("4a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "4a|SUB|V");
  EXPECT_EQ(old.Update({{"a", "1"}}), PushResult::kClosed);
  EXPECT_EQ(provider_->handle("snap").Update({{"a", "2"}}), PushResult::kOk);
  EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|4a|B|0|S|a|S|2");
}

// A8, A14
TEST_F(DataHost, AnswersRefusalsByKindAndDoesNotUnsubscribeThem) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  EXPECT_EQ(provider_->journal.Next(), "init");
  const std::pair<const char*, const char*> cases[] = {
      {"bad", "EU|no such item"}, {"fatal", "EF|lost"}, {"throws", "E|unknown exception"}};
  for (const auto& [item, answer] : cases) {
    c.Say(std::string("2a|SUB|S|") + item);
    EXPECT_EQ(c.HearEvent(), std::string("EOS|S|") + item + "|S|2a");
    EXPECT_EQ(c.Hear(), std::string("2a|SUB|") + answer);
    EXPECT_FALSE(provider_->handle(item).is_open());
    c.Say(std::string("3a|USB|S|") + item);
    EXPECT_EQ(c.Hear(), "3a|USB|V");
    EXPECT_EQ(provider_->journal.Next(), std::string("sub ") + item);
  }
  EXPECT_TRUE(provider_->journal.empty());
}

// A7
TEST_F(DataHost, AnswersABurstAndRunsOnlyItsLastSubscription) {
  HostOptions options = OptionsFor(proxy_);
  options.worker_threads = 1;
  Start(options);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|gate");
  EXPECT_EQ(c.HearEvent(), "EOS|S|gate|S|2a");
  for (const char* line :
       {"7a|SUB|S|slow", "8a|USB|S|slow", "9a|SUB|S|slow", "aa|USB|S|slow", "ba|SUB|S|slow"}) {
    c.Say(line);
  }
  AwaitRequests(6);
  provider_->gate.Open();
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  EXPECT_EQ(c.Hear(), "7a|SUB|EU|Subscribe request come too late");
  EXPECT_EQ(c.Hear(), "8a|USB|V");
  EXPECT_EQ(c.Hear(), "9a|SUB|EU|Subscribe request come too late");
  EXPECT_EQ(c.Hear(), "aa|USB|V");
  EXPECT_EQ(c.HearEvent(), "EOS|S|slow|S|ba");
  EXPECT_EQ(c.Hear(), "ba|SUB|V");
  for (const char* entry : {"init", "sub gate", "sub slow"}) {
    EXPECT_EQ(provider_->journal.Next(), entry);
  }
  EXPECT_TRUE(provider_->journal.empty());
  EXPECT_EQ(provider_->handle("slow").Update({}), PushResult::kOk);
  EXPECT_EQ(c.HearEvent(), "UD3|S|slow|S|ba|B|0");
}

// A12
TEST_F(DataHost, SlowItemDoesNotHoldUpOthers) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|gate");
  EXPECT_EQ(c.HearEvent(), "EOS|S|gate|S|2a");
  c.Say("3a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "3a|SUB|V");
  provider_->gate.Open();
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
}

// A17
TEST_F(DataHost, AnswersMalformedRequestsAndIgnoresUnknownOnes) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("nonsense");
  c.Say("2a|XYZ|S|a");
  c.Say("3a|SUB|I|1");
  EXPECT_EQ(c.Hear(), "3a|SUB|E|argument of another type");
  EXPECT_EQ(host_->counters().total.malformed, 3u);
}

// A13
TEST_F(DataHost, ComesBackAfterALoss) {
  Start(OptionsFor(proxy_));
  {
    ProxyConnection c = proxy_.Accept();
    OpenData(&c);
    c.Say("2a|SUB|S|snap");
    EXPECT_EQ(c.Hear(), "2a|SUB|V");
  }
  for (const char* entry : {"init", "sub snap", "usb snap"}) {
    EXPECT_EQ(provider_->journal.Next(), entry);
  }
  EXPECT_EQ(provider_->handle("snap").Update({{"a", "1"}}), PushResult::kClosed);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2b|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2b|SUB|V");
  EXPECT_EQ(provider_->handle("snap").Update({{"a", "1"}}), PushResult::kOk);
  EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|2b|B|0|S|a|S|1");
  EXPECT_EQ(host_->counters().total.connections, 2u);
}

// A6
TEST_F(DataHost, TellsWhyTheServerClosed) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  c.Hear();
  c.Say("0|CLOSE|S|reason|S|wrong+credentials");
  EXPECT_TRUE(listener_.states.SkipTo("connecting wrong credentials"));
}

// Whichever of the two threads meets the error: that of a write is as good as that of a read.
TEST_F(DataHost, TellsWhyNothingMoreCouldBeSent) {
  Start(OptionsFor(proxy_));
  const std::string big(1u << 20, 'x');
  for (int round = 0; round < 20; ++round) {
    ProxyConnection c = proxy_.Accept();
    OpenData(&c);
    c.Say("2a|SUB|S|snap");
    EXPECT_EQ(c.Hear(), "2a|SUB|V");
    for (int i = 0; i < 12; ++i) provider_->handle("snap").Update({{"n", big}});
    EXPECT_TRUE(listener_.states.SkipTo("ready "));
    const linger reset{1, 0};
    ::setsockopt(c.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    c.Drop();
    const std::string why = listener_.states.Next();
    EXPECT_TRUE(why.ends_with("Connection reset by peer")) << why;
  }
}

TEST_F(DataHost, StaysDownAfterALossIfAskedTo) {
  HostOptions options = OptionsFor(proxy_);
  options.reconnect = false;
  AdapterHost& host = Start(options);
  proxy_.Accept().Drop();
  host.Wait();
  EXPECT_EQ(host.state(), HostState::kStopped);
}

// A4
TEST_F(DataHost, RefusesAnOldServerOnOneConnection) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  c.Hear();
  c.Say("1a|DPI|S|ARI.version|S|1.9.0");
  EXPECT_EQ(c.Hear(),
            "1a|DPI|ED|Unsupported+Proxy+Adapter+version+1.9.0%3A+one+connection+needs+1.9.1%2C"
            "+or+name+the+notify+port");
  EXPECT_EQ(c.Hear(), "<closed>");
}

TEST_F(DataHost, PassesOnThatTheProviderRefusesInit) {
  provider_->refuse_init = true;
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  c.Hear();
  c.Say("1a|DPI|S|ARI.version|S|1.9.1");
  EXPECT_EQ(c.Hear(), "1a|DPI|ED|not+today");
  EXPECT_EQ(c.Hear(), "<closed>");
}

TEST_F(DataHost, SecondInitIsAProtocolError) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("9a|DPI|S|ARI.version|S|1.9.1");
  EXPECT_EQ(c.HearEvent(), "FAL|E|Unexpected late DPI request");
  EXPECT_EQ(c.Hear(), "<closed>");
}

TEST_F(DataHost, RequestBeforeInitIsAProtocolError) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  c.Hear();
  c.Say("9a|SUB|S|x");
  EXPECT_EQ(c.HearEvent(), "FAL|E|a request before the init request");
  EXPECT_EQ(c.Hear(), "<closed>");
}

// A17
TEST_F(DataHost, LineOverTheCapEndsTheConnection) {
  HostOptions options = OptionsFor(proxy_);
  options.max_line_bytes = 1000;
  Start(options);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.SayRaw(std::string(2000, 'x'));
  EXPECT_EQ(c.HearEvent(), "FAL|E|a line longer than max_line_bytes");
  EXPECT_EQ(c.Hear(), "<closed>");
}

// A4
TEST_F(DataHost, SpeaksTheOldDialectOnTwoConnections) {
  ScriptedProxy notify;
  HostOptions options = OptionsFor(proxy_);
  options.servers = {proxy_.server() + "?notify=" + std::to_string(notify.port())};
  Start(options);
  ProxyConnection a = proxy_.Accept();
  ProxyConnection b = notify.Accept();
  EXPECT_EQ(a.Hear(), kRac);
  EXPECT_EQ(b.Hear(), kRac);
  a.Say("1a|DPI|S|ARI.version|S|1.8.3");
  EXPECT_EQ(a.Hear(), "1a|DPI|S|ARI.version|S|1.8.3");
  a.Say("2a|SUB|S|an+item");
  EXPECT_EQ(b.HearEvent(), "EOS|S|an+item|S|2a");
  EXPECT_EQ(a.Hear(), "2a|SUB|V");
  EXPECT_EQ(provider_->handle("an item").Update({{"f", "\u00E9 +"}}), PushResult::kOk);
  EXPECT_EQ(b.HearEvent(), "UD3|S|an+item|S|2a|B|0|S|f|S|%C3%A9+%2B");
}

TEST_F(DataHost, LossOfTheNotifyConnectionLosesBoth) {
  ScriptedProxy notify;
  HostOptions options = OptionsFor(proxy_);
  options.servers = {proxy_.server() + "?notify=" + std::to_string(notify.port())};
  Start(options);
  ProxyConnection a = proxy_.Accept();
  ProxyConnection b = notify.Accept();
  // Only then are both connections in use: what is queued on one is dropped with the other.
  EXPECT_EQ(a.Hear(), kRac);
  EXPECT_EQ(b.Hear(), kRac);
  b.Drop();
  EXPECT_EQ(a.Hear(), "<closed>");
}

// A15
TEST_F(DataHost, SendsKeepalivesOfTheConfiguredInterval) {
  HostOptions options = OptionsFor(proxy_);
  options.keepalive = std::chrono::milliseconds(5);
  Start(options);
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  EXPECT_EQ(c.Hear(), "KEEPALIVE");
  EXPECT_EQ(c.Hear(), "KEEPALIVE");
  EXPECT_GE(host_->counters().total.keepalives, 2u);
}

TEST_F(DataHost, StopUnsubscribesAndSendsWhatIsQueued) {
  AdapterHost& host = Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  constexpr int kEvents = 1000;
  for (int i = 0; i < kEvents; ++i) {
    EXPECT_EQ(provider_->handle("snap").Update({{"n", std::to_string(i)}}), PushResult::kOk);
  }
  std::thread stopper([&] { host.Stop(); });
  for (int i = 0; i < kEvents; ++i) {
    EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|2a|B|0|S|n|S|" + std::to_string(i));
  }
  EXPECT_EQ(c.Hear(), "<closed>");
  c.Drop();
  stopper.join();
  for (const char* entry : {"init", "sub snap", "usb snap"}) {
    EXPECT_EQ(provider_->journal.Next(), entry);
  }
  EXPECT_EQ(provider_->handle("snap").Update({}), PushResult::kClosed);
  EXPECT_EQ(host.state(), HostState::kStopped);
}

TEST_F(DataHost, StopDoesNotWaitForAServerThatDoesNotRead) {
  AdapterHost& host = Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  const std::string big(1u << 20, 'x');
  for (int i = 0; i < 12; ++i) provider_->handle("snap").Update({{"n", big}});
  host.Stop(std::chrono::milliseconds(10));
  EXPECT_EQ(host.state(), HostState::kStopped);
}

TEST_F(DataHost, StopLetsGoOfProvidersThatWaitForRoom) {
  HostOptions options = OptionsFor(proxy_);
  options.max_queued_bytes = 1000;
  AdapterHost& host = Start(options);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  std::thread feed([this] {
    const std::string big(100000, 'x');
    while (provider_->handle("snap").Update({{"n", big}}) == PushResult::kOk) {
    }
  });
  while (host.counters().events_blocked == 0) std::this_thread::yield();
  host.Stop(std::chrono::milliseconds(10));
  feed.join();
}

TEST_F(DataHost, BlockedEventsAllArriveOnceTheServerReads) {
  HostOptions options = OptionsFor(proxy_);
  options.max_queued_bytes = 1000;
  AdapterHost& host = Start(options);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  uint64_t sent = 0;
  std::thread feed([&] {
    const std::string big(100000, 'x');
    while (host.counters().events_blocked == 0) {
      EXPECT_EQ(provider_->handle("snap").Update({{"n", big}}), PushResult::kOk);
      ++sent;
    }
    EXPECT_EQ(provider_->handle("snap").EndOfSnapshot(), PushResult::kOk);
  });
  while (host.counters().events_blocked == 0) std::this_thread::yield();
  uint64_t heard = 0;
  while (c.HearEvent() != "EOS|S|snap|S|2a") ++heard;
  feed.join();
  EXPECT_EQ(heard, sent);
}

TEST_F(DataHost, FullQueueRefusesIfAskedTo) {
  HostOptions options = OptionsFor(proxy_);
  options.max_queued_bytes = 1000;
  options.queue_policy = QueuePolicy::kRefuse;
  AdapterHost& host = Start(options);
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  const std::string big(100000, 'x');
  PushResult result = PushResult::kOk;
  while (result == PushResult::kOk) result = provider_->handle("snap").Update({{"n", big}});
  EXPECT_EQ(result, PushResult::kFull);
  EXPECT_EQ(host.counters().events_refused, 1u);
}

TEST_F(DataHost, EventsOfOneThreadKeepTheirOrderAmongMany) {
  Start(OptionsFor(proxy_));
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  constexpr int kEvents = 500;
  std::vector<std::thread> feeds;
  Subscription& s = provider_->handle("snap");
  for (const char* name : {"p", "q", "r"}) {
    feeds.emplace_back([&s, name] {
      for (int i = 0; i < kEvents; ++i) s.Update({{name, std::to_string(i)}});
    });
  }
  std::map<std::string, int> next;
  for (int i = 0; i < 3 * kEvents; ++i) {
    const std::string line = c.HearEvent();
    const std::string field = line.substr(line.size() > 22 ? 22 : 0, 1);
    EXPECT_EQ(line, "UD3|S|snap|S|2a|B|0|S|" + field + "|S|" + std::to_string(next[field]++));
  }
  for (std::thread& feed : feeds) feed.join();
}

// A14
TEST_F(DataHost, FailTellsTheServer) {
  AdapterHost& host = Start(OptionsFor(proxy_));
  EXPECT_FALSE(host.Fail("too early").ok());
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  EXPECT_TRUE(listener_.states.SkipTo("ready "));
  EXPECT_TRUE(host.Fail("feed lost").ok());
  EXPECT_EQ(c.HearEvent(), "FAL|E|feed lost");
}

TEST_F(DataHost, IsStartedOnceAndOnlyWithSense) {
  AdapterHost& host = Start(OptionsFor(proxy_));
  EXPECT_FALSE(host.Start().ok());
  EXPECT_FALSE(AdapterHost(provider_, HostOptions{}).Start().ok());
  HostOptions options = OptionsFor(proxy_);
  options.worker_threads = 0;
  EXPECT_FALSE(AdapterHost(provider_, options).Start().ok());
  EXPECT_FALSE(AdapterHost(std::shared_ptr<DataProvider>(), OptionsFor(proxy_)).Start().ok());
}

TEST(SubscriptionHandle, OutlivesItsHost) {
  ScriptedProxy proxy;
  const auto provider = std::make_shared<FakeData>();
  {
    AdapterHost host(provider, OptionsFor(proxy));
    ASSERT_TRUE(host.Start().ok());
    ProxyConnection c = proxy.Accept();
    OpenData(&c);
    c.Say("2a|SUB|S|snap");
    EXPECT_EQ(c.Hear(), "2a|SUB|V");
  }
  EXPECT_EQ(provider->handle("snap").Update({{"a", "1"}}), PushResult::kClosed);
}

TEST(SubscriptionHandle, EmptyOneIsClosed) {
  Subscription none;
  EXPECT_EQ(none.Update({{"a", "1"}}), PushResult::kClosed);
  EXPECT_EQ(none.item(), "");
}

}  // namespace
}  // namespace penstock::adapter
