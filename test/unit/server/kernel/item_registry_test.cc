// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item_registry.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "kernel/event_router.h"
#include "runtime/shard_pool.h"
#include "support/fake_clock.h"
#include "support/fake_data_source.h"

namespace penstock::kernel {
namespace {

using test::FakeDataSource;
using Log = std::vector<std::string>;

constexpr FieldId kA(2);

// Two shards turned by hand, so that what crosses them is seen at each step.
class ItemRegistryTest : public testing::Test {
 protected:
  ItemRegistryTest() {
    std::vector<ItemRegistry*> all;
    for (std::uint32_t i = 0; i < 2; ++i) {
      shards_.push_back(std::make_unique<runtime::Shard>(i, 2, clock_));
      registries_.push_back(std::make_unique<ItemRegistry>(*shards_.back()));
      routers_.push_back(std::make_unique<EventRouter>(*shards_.back(), fields_));
      all.push_back(registries_.back().get());
    }
    for (auto& registry : registries_) registry->Connect(all);
    for (auto& router : routers_) router->Connect(all);
  }
  ~ItemRegistryTest() override {
    for (auto& subscriber : subscribers_) {
      if (subscriber->item != nullptr) registries_[0]->Detach(subscriber.get());
    }
    Turn();
    routers_.clear();
    registries_.clear();
  }

  void Turn() {
    for (int i = 0; i < 3; ++i) {
      for (auto& shard : shards_) shard->RunTurn(Duration::zero());
    }
  }
  // Runs `work` inside a turn of the shard.
  template <class Work>
  void On(std::size_t shard, Work work) {
    shards_[shard]->Post(work);
    Turn();
  }
  Subscriber* Attach(std::size_t shard, const std::string& name) {
    subscribers_.push_back(std::make_unique<Subscriber>());
    Subscriber* const subscriber = subscribers_.back().get();
    On(shard,
       [=, this] { registries_[shard]->Attach(source_, name, View::kMerge, {}, subscriber); });
    return subscriber;
  }
  void Detach(std::size_t shard, Subscriber* subscriber) {
    On(shard, [=, this] { registries_[shard]->Detach(subscriber); });
  }
  void Send(const std::string& name, const std::string& value, bool snapshot = false) {
    const ItemRef item = source_.Find(name);
    On(0, [=, this] {
      const std::vector<FieldValue> values{{kA, value}};
      routers_[0]->Route(item, {EventKind::kUpdate, snapshot, false, values});
    });
  }
  static std::string ValueOf(const Subscriber* subscriber) {
    const MergeState& state = subscriber->item->state();
    if (state.generation() == 0) return "nothing";
    return state.slots()[0].is_null ? "null" : state.slots()[0].value;
  }

  test::FakeClock clock_;
  FieldRegistry fields_{100};
  FakeDataSource source_;
  std::vector<std::unique_ptr<runtime::Shard>> shards_;
  std::vector<std::unique_ptr<ItemRegistry>> registries_;
  std::vector<std::unique_ptr<EventRouter>> routers_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
};

TEST_F(ItemRegistryTest, SubscribesOnceHoweverManySubscribersOnHoweverManyShards) {
  Subscriber* const a = Attach(0, "x");
  Subscriber* const b = Attach(0, "x");
  Subscriber* const c = Attach(1, "x");
  EXPECT_EQ(source_.log(), (Log{"SUB x"}));
  Detach(0, a);
  Detach(1, c);
  EXPECT_EQ(source_.log(), (Log{"SUB x"}));
  Detach(0, b);
  EXPECT_EQ(source_.log(), (Log{"SUB x", "USB x"}));
}

TEST_F(ItemRegistryTest, AnUpdateReachesEveryShard) {
  Subscriber* const here = Attach(0, "x");
  Subscriber* const there = Attach(1, "x");
  Send("x", "5");
  EXPECT_EQ(ValueOf(here), "5");
  EXPECT_EQ(ValueOf(there), "5");
  Detach(1, there);
}

TEST_F(ItemRegistryTest, ALateShardGetsTheStateAsSnapshot) {
  Attach(0, "x");
  Send("x", "5");
  Subscriber* const late = Attach(1, "x");
  EXPECT_EQ(ValueOf(late), "5");
  EXPECT_EQ(late->item->realtime_generation(), 0u);
  Detach(1, late);
  Subscriber* const late_here = Attach(0, "x");
  EXPECT_EQ(ValueOf(late_here), "5");
}

TEST_F(ItemRegistryTest, MarksAnItemOnceATurnHoweverManyUpdates) {
  Subscriber* const a = Attach(0, "x");
  const ItemRef item = source_.Find("x");
  (void)registries_[0]->TakeDirty();
  On(0, [&] {
    for (int i = 0; i < 10; ++i) {
      const std::string text = std::to_string(i);
      const std::vector<FieldValue> values{{kA, text}};
      routers_[0]->Route(item, {EventKind::kUpdate, false, false, values});
    }
  });
  EXPECT_EQ(registries_[0]->TakeDirty(), (std::vector<LocalItem*>{a->item}));
  EXPECT_TRUE(registries_[0]->TakeDirty().empty());
  EXPECT_EQ(ValueOf(a), "9");
}

TEST_F(ItemRegistryTest, AnEventForAnItemNobodyWantsIsCountedOnly) {
  Subscriber* const a = Attach(0, "x");
  const ItemRef item = source_.Find("x");
  Detach(0, a);
  const auto stale = [&] {
    return registries_[0]->counters().events_stale + registries_[1]->counters().events_stale;
  };
  EXPECT_EQ(stale(), 0u);
  On(0, [&] { routers_[0]->Route(item, {EventKind::kUpdate, false, false, {}}); });
  EXPECT_EQ(stale(), 1u);
}

TEST_F(ItemRegistryTest, ASnapshotAfterALossReplacesTheState) {
  Subscriber* const a = Attach(0, "x");
  const ItemRef item = source_.Find("x");
  const FieldId other(3);
  On(0, [&] {
    const std::vector<FieldValue> both{{kA, "1"}, {other, "old"}};
    routers_[0]->Route(item, {EventKind::kUpdate, true, false, both});
    routers_[0]->Route(item, {EventKind::kSourceLost, false, true, {}});
  });
  EXPECT_EQ(ValueOf(a), "1");  // the last known value stays on the screen
  Send("x", "2", true);
  const MergeState& state = a->item->state();
  EXPECT_EQ(state.slots()[state.Find(kA)].value, "2");
  EXPECT_TRUE(state.slots()[state.Find(other)].is_null);
}

TEST_F(ItemRegistryTest, ASnapshotEventOfALiveItemCountsAsUpdate) {
  Subscriber* const a = Attach(0, "x");
  Send("x", "1");
  const Generation before = a->item->realtime_generation();
  Send("x", "2", true);
  EXPECT_GT(a->item->realtime_generation(), before);
}

TEST_F(ItemRegistryTest, ClearMakesAllFieldsNull) {
  Subscriber* const a = Attach(0, "x");
  Send("x", "1");
  const ItemRef item = source_.Find("x");
  On(0, [&] { routers_[0]->Route(item, {EventKind::kClearSnapshot, false, false, {}}); });
  EXPECT_EQ(ValueOf(a), "null");
}

TEST_F(ItemRegistryTest, ResubscribingStrictlyAlternates) {
  for (int i = 0; i < 3; ++i) Detach(0, Attach(0, "x"));
  EXPECT_EQ(source_.log(), (Log{"SUB x", "USB x", "SUB x", "USB x", "SUB x", "USB x"}));
}

}  // namespace

// With real threads: events from one shard, subscribers coming and going on the other.
TEST(ItemRegistryThreads, EventsAndSubscribersCrossShards) {
  SteadyClock clock;
  runtime::ShardPool pool(2, clock);
  FieldRegistry fields(100);
  FakeDataSource source;
  ItemRegistry zero(pool[0]), one(pool[1]);
  EventRouter router(pool[0], fields);
  zero.Connect({&zero, &one});
  one.Connect({&zero, &one});
  router.Connect({&zero, &one});
  pool.Start();
  Subscriber subscriber;
  for (int round = 0; round < 50; ++round) {
    std::promise<void> attached;
    pool[1].Post([&] {
      one.Attach(source, "x", View::kMerge, {}, &subscriber);
      attached.set_value();
    });
    attached.get_future().wait();
    while (source.log().size() < static_cast<std::size_t>(2 * round + 1)) {
      std::this_thread::yield();
    }
    const ItemRef item = source.Find("x");
    std::promise<void> sent;
    pool[0].Post([&, item] {
      const std::string text = std::to_string(round);
      const std::vector<FieldValue> values{{kA, text}};
      router.Route(item, {EventKind::kUpdate, false, false, values});
      sent.set_value();
    });
    sent.get_future().wait();
    std::string value;
    while (value != std::to_string(round)) {
      std::promise<std::string> seen;
      pool[1].Post([&] {
        const MergeState& state = subscriber.item->state();
        seen.set_value(state.generation() == 0 ? "" : state.slots()[0].value);
      });
      value = seen.get_future().get();
    }
    std::promise<void> detached;
    pool[1].Post([&] {
      one.Detach(&subscriber);
      detached.set_value();
    });
    detached.get_future().wait();
    while (source.log().size() < static_cast<std::size_t>(2 * round + 2)) {
      std::this_thread::yield();
    }
  }
  pool.StopAndJoin();
}

}  // namespace penstock::kernel
