// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/shard.h"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "runtime/shard_pool.h"
#include "support/fake_clock.h"

namespace penstock::runtime {
namespace {

class Recorder final : public TurnHook {
 public:
  Recorder(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}
  void OnEndTurn() override { log_.push_back(name_); }

 private:
  std::string name_;
  std::vector<std::string>& log_;
};

TEST(Shard, RunsHooksInTheOrderOfTheirPhases) {
  test::FakeClock clock;
  Shard shard(0, 1, clock);
  std::vector<std::string> log;
  Recorder pump("pump", log), route("route", log), fanout("fanout", log);
  shard.AddHook(TurnPhase::kPump, &pump);
  shard.AddHook(TurnPhase::kRoute, &route);
  shard.AddHook(TurnPhase::kFanout, &fanout);
  shard.RunTurn(Duration::zero());
  EXPECT_EQ(log, (std::vector<std::string>{"route", "fanout", "pump"}));
}

TEST(Shard, EndsItsTurnWhileWorkKeepsComing) {
  test::FakeClock clock;
  Shard shard(0, 1, clock);
  int runs = 0;
  struct Again {
    Shard& shard;
    int& runs;
    void operator()() {
      ++runs;
      shard.Post(Again{shard, runs});
    }
  };
  shard.Post(Again{shard, runs});
  shard.RunTurn(Duration::zero());
  EXPECT_GT(runs, 1);
  EXPECT_LT(runs, 1000);
}

struct Noisy final : Deferred {
  explicit Noisy(bool* died, const bool* quiet) : died_(died), quiet_(quiet) {}
  ~Noisy() override { *died_ = true; }
  bool IsQuiet() const override { return *quiet_; }
  bool* died_;
  const bool* quiet_;
};

TEST(Shard, KeepsADeferredObjectUntilItIsQuiet) {
  test::FakeClock clock;
  Shard shard(0, 1, clock);
  bool died = false, quiet = false;
  shard.DeferDelete(std::make_unique<Noisy>(&died, &quiet));
  shard.RunTurn(Duration::zero());
  EXPECT_FALSE(died);
  quiet = true;
  shard.RunTurn(Duration::zero());
  EXPECT_TRUE(died);
}

TEST(Shard, AHandlerThatEndsALongWaitSeesThePresentTime) {
  SteadyClock clock;
  Shard shard(0, 1, clock);
  Duration behind{0};
  std::thread late([&] {
    std::this_thread::sleep_for(Millis(1000));
    shard.Post([&] {
      const TimePoint seen = shard.now();
      behind = clock.Now() - seen;
    });
  });
  // Something has to be expected, or the loop does not wait.
  asio::steady_timer expected(shard.io(), std::chrono::seconds(10));
  expected.async_wait([](const asio::error_code&) {});
  shard.RunTurn(std::chrono::seconds(5));
  late.join();
  EXPECT_LT(behind, Millis(500));
  EXPECT_GE(behind, Duration::zero());
}

TEST(Shard, DoesNotWaitWhileAHookHasWorkLeft) {
  struct Busy final : TurnHook {
    void OnEndTurn() override { --left; }
    bool HasWork() const override { return left > 0; }
    int left = 3;
  } busy;
  SteadyClock clock;
  Shard shard(0, 1, clock);
  shard.AddHook(TurnPhase::kPump, &busy);
  const TimePoint start = clock.Now();
  while (busy.left > 0) shard.RunTurn(std::chrono::seconds(30));
  EXPECT_LT(clock.Now() - start, std::chrono::seconds(10));
}

TEST(Shard, RunsAheadOfOneThatDoesNotReadItsMail) {
  SteadyClock clock;
  Shard fast(0, 2, clock);
  Shard slow(1, 2, clock);
  int read = 0;
  fast.Post([] {});
  fast.RunTurn(Duration::zero());
  EXPECT_FALSE(fast.RunsAhead());
  for (int i = 0; i < 1000; ++i) {
    fast.Post([&] { fast.Mail(slow, [&read] { ++read; }); });
    fast.RunTurn(Duration::zero());
  }
  EXPECT_TRUE(fast.RunsAhead());
  EXPECT_FALSE(slow.RunsAhead());
  while (read < 1000) slow.RunTurn(Duration::zero());
  EXPECT_FALSE(fast.RunsAhead());
}

TEST(ShardPool, CarriesMailBetweenShardsInOrder) {
  SteadyClock clock;
  ShardPool pool(2, clock);
  pool.Start();
  constexpr int kCount = 10'000;
  std::vector<int> seen;  // of shard 1 only
  std::promise<void> done;
  pool[0].Post([&] {
    for (int i = 0; i < kCount; ++i) {
      pool[0].Mail(pool[1], [&, i] {
        seen.push_back(i);
        if (i == kCount - 1) done.set_value();
      });
    }
  });
  done.get_future().wait();
  pool.StopAndJoin();
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(seen[i], i);
}

TEST(ShardPool, PassesAMessageBackAndForth) {
  SteadyClock clock;
  ShardPool pool(2, clock);
  std::promise<int> result;
  struct Ball {
    ShardPool& pool;
    std::promise<int>& result;
    int hops;
    void operator()() {
      if (hops == 1000) {
        result.set_value(hops);
        return;
      }
      Shard& here = pool[hops % 2];
      here.Mail(pool[(hops + 1) % 2], Ball{pool, result, hops + 1});
    }
  };
  pool.Start();
  pool[0].Post(Ball{pool, result, 0});
  EXPECT_EQ(result.get_future().get(), 1000);
  pool.StopAndJoin();
}

}  // namespace
}  // namespace penstock::runtime
