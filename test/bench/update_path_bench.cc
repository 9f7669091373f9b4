// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The way of an update (ARCHITECTURE.md), in parts: event to local item, publication of a hot item,
// pump, and a line from a shared tail. Counters of each, which `tools/test bench` compares:
// `allocations` of an iteration and how many are `allowed`; `target_ns`, the CPU time that an
// iteration may take, or if it is of several `units` (lines, events), each of them.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "session/tail_cache.h"
#include "support/allocation_counter.h"
#include "support/update_path.h"

namespace penstock {
namespace {

using kernel::View;
using session::TailCache;

// Iterations until everything has grown to its size.
constexpr int kWarmUp = 1000;

// Counts the allocations of the measured loop.
class Allocations {
 public:
  explicit Allocations(benchmark::State& state) : state_(state) {}
  ~Allocations() {
    state_.counters["allocations"] =
        benchmark::Counter(static_cast<double>(test::AllocationsSoFar() - before_),
                           benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  const std::uint64_t before_ = test::AllocationsSoFar();
};

void SetTarget(benchmark::State& state, double nanoseconds, int allocations = 0) {
  state.counters["target_ns"] = nanoseconds;
  state.counters["allowed"] = allocations;
}

// One shard without sessions: an item and its subscribers.
class Kernel {
 public:
  Kernel(View view, std::size_t subscribers, bool logged)
      : stream_(router_.field_names(), view == View::kCommand), subscribers_(subscribers) {
    registry_.Connect({&registry_});
    router_.Connect({&registry_});
    for (kernel::Subscriber& one : subscribers_) {
      registry_.Attach(source_, "item", view, {}, &one);
    }
    if (logged) local().KeepLog();
    if (local().log() != nullptr) local().log()->RaiseLimit(kBuffer);
    item_ = source_.Find("item");
    if (view == View::kCommand) {
      stream_.AddRows([this](const kernel::ItemEvent& event) { router_.Route(item_, event); });
    }
    router_.Route(item_, {kernel::EventKind::kEndOfSnapshot, false, false, {}});
    for (int i = 0; i < kWarmUp; ++i) Update();
  }
  ~Kernel() {
    for (kernel::Subscriber& one : subscribers_) registry_.Detach(&one);
  }

  // An event, and of the pump what belongs to the item.
  void Update() {
    router_.Route(item_, stream_.Next());
    benchmark::DoNotOptimize(registry_.TakeDirty().size());
    if (local().wants_trim()) local().Trim(local().log()->end());
  }
  kernel::LocalItem& local() { return *subscribers_.front().item; }
  const test::UpdateStream& stream() const { return stream_; }

 private:
  static constexpr std::size_t kBuffer = 1000;

  test::FakeClock clock_;
  runtime::Shard shard_{0, 1, clock_};
  kernel::FieldRegistry fields_{100};
  test::FakeDataSource source_;
  kernel::ItemRegistry registry_{shard_};
  kernel::EventRouter router_{shard_, fields_};
  test::UpdateStream stream_;
  std::vector<kernel::Subscriber> subscribers_;
  kernel::ItemRef item_;
};

void Apply(benchmark::State& state, View view, bool logged) {
  Kernel kernel(view, 1, logged);
  SetTarget(state, 1000);
  const Allocations counted(state);
  for (auto _ : state) kernel.Update();
}
BENCHMARK_CAPTURE(Apply, Merge, View::kMerge, false);
BENCHMARK_CAPTURE(Apply, MergeLogged, View::kMerge, true);
BENCHMARK_CAPTURE(Apply, Distinct, View::kDistinct, false);
BENCHMARK_CAPTURE(Apply, Command, View::kCommand, false);

// The argument is the number of subscribers.
void Publish(benchmark::State& state) {
  Kernel kernel(View::kMerge, static_cast<std::size_t>(state.range(0)), false);
  SetTarget(state, 1000);
  const Allocations counted(state);
  for (auto _ : state) kernel.Update();
}
BENCHMARK(Publish)->Arg(1)->Arg(100)->Arg(10'000);

// Two shards in turn: an item of the second one, whose adapter and subscriber live on the first.
class Crossing {
 public:
  Crossing() : stream_(router_.field_names(), false) {
    first_registry_.Connect({&first_registry_, &second_registry_});
    second_registry_.Connect({&first_registry_, &second_registry_});
    router_.Connect({&first_registry_, &second_registry_});
    for (int i = 0; item_.shard != second_.index(); ++i) Subscribe("item" + std::to_string(i));
  }
  ~Crossing() {
    first_.Post([this] {
      for (auto& subscriber : subscribers_) first_registry_.Detach(subscriber.get());
    });
    Turns();
    Turns();
  }
  void Update(int events) {
    for (int i = 0; i < events; ++i) router_.Route(item_, stream_.Next());
    Turns();
    benchmark::DoNotOptimize(first_registry_.TakeDirty().size());
  }

 private:
  void Subscribe(const std::string& name) {
    subscribers_.push_back(std::make_unique<kernel::Subscriber>());
    first_.Post([&] {
      first_registry_.Attach(source_, name, View::kMerge, {}, subscribers_.back().get());
    });
    Turns();
    item_ = source_.Find(name);
  }
  void Turns() {
    first_.RunTurn(Duration::zero());
    second_.RunTurn(Duration::zero());
    first_.RunTurn(Duration::zero());
  }

  test::FakeClock clock_;
  runtime::Shard first_{0, 2, clock_};
  runtime::Shard second_{1, 2, clock_};
  kernel::FieldRegistry fields_{100};
  test::FakeDataSource source_;
  kernel::ItemRegistry first_registry_{first_};
  kernel::ItemRegistry second_registry_{second_};
  kernel::EventRouter router_{first_, fields_};
  test::UpdateStream stream_;
  std::vector<std::unique_ptr<kernel::Subscriber>> subscribers_;
  kernel::ItemRef item_;
};

// Three turns, each of which asks the kernel what is ready.
constexpr double kThreeLooks = 10'000;

// To the owner's shard and to the subscriber's; the argument is the number of events in a turn. The
// batches and their mail are allocated, the same for however many events.
void Cross(benchmark::State& state) {
  const auto events = static_cast<int>(state.range(0));
  Crossing crossing;
  for (int i = 0; i < kWarmUp; ++i) crossing.Update(events);
  state.counters["units"] = events;
  SetTarget(state, 1000 + kThreeLooks / events, 20);
  const Allocations counted(state);
  for (auto _ : state) crossing.Update(events);
}
BENCHMARK(Cross)->Arg(1)->Arg(8)->Arg(64);

// A tail that another session had encoded before, as a line.
void SharedTail(benchmark::State& state, bool logged) {
  Kernel kernel(View::kMerge, 1, logged);
  const session::DiffPolicy policy;
  session::Schema schema;
  schema.id = 1;
  schema.fields = kernel.stream().fields();
  schema.diffs = &policy;
  const kernel::Generation to = kernel.local().generation();
  std::string out;
  out.reserve(64 * 1024);
  TailCache& tails = TailCache::Of(kernel.local());
  tails.Tail(kernel.local(), schema, kernel::Position(to - 1), kernel::Position(to));
  SetTarget(state, 50);
  const Allocations counted(state);
  for (auto _ : state) {
    if (out.size() > 32 * 1024) out.clear();
    tlcp::AppendUpdatePrefix(1, 1, out);
    out += TailCache::Of(kernel.local())
               .Tail(kernel.local(), schema, kernel::Position(to - 1), kernel::Position(to));
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK_CAPTURE(SharedTail, Latest, false);
BENCHMARK_CAPTURE(SharedTail, Logged, true);

// An event and the pump's turn that brings it to sessions in step.
class Sessions final : public test::UpdatePath {
 public:
  static constexpr int kSessions = 1000;

  Sessions(tlcp::Mode mode, bool unfiltered) {
    log::SetLevel(log::Area::kSession, log::Level::kWarn);
    Start(mode, unfiltered, kSessions);
    for (int i = 0; i < kWarmUp; ++i) Update();
  }
  void Update() {
    RouteUpdate();
    pump().OnEndTurn();
  }
  using UpdatePath::lines;

 private:
  void TestBody() override {}
};

void Pump(benchmark::State& state, tlcp::Mode mode, bool unfiltered) {
  Sessions sessions(mode, unfiltered);
  SetTarget(state, 200);
  const std::uint64_t before = sessions.lines();
  {
    const Allocations counted(state);
    for (auto _ : state) sessions.Update();
  }
  const auto lines = static_cast<double>(sessions.lines() - before);
  state.counters["units"] = benchmark::Counter(lines, benchmark::Counter::kAvgIterations);
}
BENCHMARK_CAPTURE(Pump, Merge, tlcp::Mode::kMerge, false);
BENCHMARK_CAPTURE(Pump, MergeUnfiltered, tlcp::Mode::kMerge, true);
BENCHMARK_CAPTURE(Pump, Distinct, tlcp::Mode::kDistinct, false);

}  // namespace
}  // namespace penstock
