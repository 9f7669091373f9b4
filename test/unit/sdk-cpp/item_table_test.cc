// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What is held for servers that ask over and over: bounded, and forgotten with them.
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "item_table.h"
#include "over_ari/ari_data_session.h"
#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class ItemTableTest : public ::testing::Test {
 protected:
  ~ItemTableTest() override {
    provider_.gate.Open();
    pool_.WaitIdle();
  }

  std::shared_ptr<DataSession> Connect(size_t max_queued_bytes = 1000) {
    SessionContext context;
    context.answers = std::make_shared<Outbox>(max_queued_bytes, std::make_shared<NodeCells>());
    context.events = context.answers;
    context.cells = std::make_shared<NodeCells>();
    context.log = &log_;
    ari::Dialect dialect;
    dialect.version = ari::Version::k191;
    return std::make_shared<AriDataSession>(std::move(context), dialect, &table_);
  }
  void Ask(const std::shared_ptr<DataSession>& session, const std::string& item, bool subscribe) {
    table_.Add(item, {session, "1", subscribe});
  }
  std::shared_ptr<FeedContext> Feeds() {
    auto feeds = std::make_shared<FeedContext>();
    feeds->keeps_state = true;
    feeds->log = &log_;
    return feeds;
  }

  const std::string name_ = "test";
  const Log log_{nullptr, name_};
  FakeData provider_;
  WorkerPool pool_{1};
  ItemTable table_{&provider_, &pool_, Feeds()};
};

TEST_F(ItemTableTest, ForgetsWhatWaitsForASessionThatHasEnded) {
  const auto first = Connect();
  Ask(first, "gate", true);
  ASSERT_TRUE(provider_.journal.SkipTo("sub gate"));
  auto second = Connect();
  const std::weak_ptr<DataSession> gone = second;
  for (int i = 0; i < 10; ++i) Ask(second, "gate", i % 2 == 0);
  second->EndInput();
  // The provider still has not answered, and nothing waits for the second server.
  EXPECT_TRUE(second->calls().WaitUntil(steady_clock::now()));
  second.reset();
  EXPECT_TRUE(gone.expired());
}

TEST_F(ItemTableTest, UndoesTheRequestThatRunsWhenItsSessionEnds) {
  auto session = Connect();
  Ask(session, "gate", true);
  ASSERT_TRUE(provider_.journal.SkipTo("sub gate"));
  session->EndInput();
  session->EndInput();
  provider_.gate.Open();
  EXPECT_EQ(provider_.journal.Next(), "usb gate");
  session->calls().Wait();
}

TEST_F(ItemTableTest, ReleasesAnItemThatWasHeldForAServerWhichIsGone) {
  const auto first = Connect();
  const auto second = Connect();
  Ask(first, "gate", true);
  ASSERT_TRUE(provider_.journal.SkipTo("sub gate"));
  Ask(first, "gate", false);
  Ask(second, "gate", true);
  second->EndInput();
  provider_.gate.Open();
  EXPECT_EQ(provider_.journal.Next(), "usb gate");
}

TEST_F(ItemTableTest, ReleasesAnItemThatWasHeldForAServerWhichTookItBack) {
  const auto first = Connect();
  const auto second = Connect();
  Ask(first, "gate", true);
  ASSERT_TRUE(provider_.journal.SkipTo("sub gate"));
  Ask(first, "gate", false);
  Ask(second, "gate", true);
  Ask(second, "gate", false);
  provider_.gate.Open();
  EXPECT_EQ(provider_.journal.Next(), "usb gate");
  pool_.WaitIdle();
  EXPECT_TRUE(provider_.journal.empty());
}

// What is kept of it is not all that the next server needs.
TEST_F(ItemTableTest, AnItemThatHasResumedIsNotPassedOn) {
  const auto session = Connect();
  for (const bool resumes : {false, true}) {
    const auto feed =
        std::make_shared<ItemFeed>("item", StateRule{StateRule::Kind::kMerge}, true, Feeds());
    feed->Offer("token");
    feed->Attach(session->events(), session->NewWriter("item", "1"));
    EXPECT_TRUE(!resumes || feed->Resume());
    feed->Withdraw();
    EXPECT_EQ(feed->can_pass_on(), !resumes);
    feed->Close();
  }
}

TEST_F(ItemTableTest, FullQueueHoldsNothingOfAnItemThatIsNotWantedAnyMore) {
  const auto session = Connect(1);
  const auto& outbox = session->events();
  ASSERT_EQ(outbox->PushEvent("fills it", {}, {}), PushResult::kOk);
  const auto context = Feeds();
  for (const bool refused : {true, false}) {
    auto feed = std::make_shared<ItemFeed>("item", StateRule{}, true, context);
    const std::weak_ptr<ItemFeed> gone = feed;
    feed->Attach(outbox, session->NewWriter("item", "1"));
    refused ? feed->Close() : feed->Detach(outbox.get());
    feed.reset();
    EXPECT_TRUE(gone.expired());
  }
}

class RequestBounds : public ::testing::Test {
 protected:
  ~RequestBounds() override {
    provider_->gate.Open();
    host_->Stop(milliseconds(0));
  }
  ProxyConnection Start(HostOptions options) {
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    EXPECT_TRUE(host_->Start().ok());
    ProxyConnection c = proxy_.Accept();
    OpenData(&c);
    return c;
  }
  uint64_t requests() const { return host_->counters().total.requests; }
  // Asks for the item that waits, and returns when it does: from then on, others wait for it.
  void Occupy(ProxyConnection* c) {
    c->Say("1a|SUB|S|gate");
    EXPECT_TRUE(provider_->journal.SkipTo("sub gate"));
  }
  // Until the host has read so many, or reads no more.
  void AwaitRequests(uint64_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    uint64_t seen = 0;
    while (seen < count && (seen == 0 || requests() > seen) &&
           std::chrono::steady_clock::now() < end) {
      seen = requests();
      std::this_thread::sleep_for(milliseconds(200));
    }
  }

  ScriptedProxy proxy_;
  const std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(RequestBounds, HoldForRequestsOfOneItem) {
  HostOptions options = OptionsFor(proxy_);
  options.max_pending_requests = 10;
  options.worker_threads = 2;
  ProxyConnection c = Start(options);
  constexpr int kRequests = 1000;
  Occupy(&c);
  for (int i = 1; i < kRequests; ++i) c.Say(i % 2 == 0 ? "1a|SUB|S|gate" : "1a|USB|S|gate");
  while (requests() < 12) std::this_thread::yield();
  AwaitRequests(kRequests);
  EXPECT_EQ(requests(), 12u);
  provider_->gate.Open();
  for (int answers = 0; answers < kRequests;) {
    const std::string line = c.Hear();
    ASSERT_NE(line, "<nothing>");
    if (line.starts_with("1a|")) ++answers;
  }
}

TEST_F(RequestBounds, AreOfOneServerAndDoNotTouchAnother) {
  ScriptedProxy other;
  HostOptions options = OptionsFor(proxy_);
  options.servers.push_back(other.server());
  options.max_pending_requests = 1;
  options.worker_threads = 2;
  ProxyConnection c = Start(options);
  ProxyConnection d = other.Accept();
  OpenData(&d);
  Occupy(&c);
  for (int i = 1; i < 10; ++i) c.Say(i % 2 == 0 ? "1a|SUB|S|gate" : "1a|USB|S|gate");
  while (requests() < 3) std::this_thread::yield();
  d.Say("1a|SUB|S|snap");
  EXPECT_EQ(d.Hear(), "1a|SUB|V");
}

TEST_F(RequestBounds, HoldForAServerThatReadsNoAnswers) {
  HostOptions options = OptionsFor(proxy_);
  options.max_queued_bytes = 100000;
  ProxyConnection c = Start(options);
  // Long enough that the kernel's buffers hold few of the answers.
  const std::string id(100000, '1');
  constexpr uint64_t kRequests = 400;
  std::thread asks([&] {
    for (uint64_t i = 0; i < kRequests; ++i) c.Say(id + "|USB|S|snap");
  });
  AwaitRequests(kRequests);
  EXPECT_LT(host_->counters().total.queued_bytes, 20 * id.size());
  uint64_t answers = 0;
  while (answers < kRequests && c.Hear() == id + "|USB|V") ++answers;
  ::shutdown(c.fd(), SHUT_RDWR);  // or else one that is not read would ask for ever
  asks.join();
  EXPECT_EQ(answers, kRequests);
}

}  // namespace
}  // namespace penstock::adapter
