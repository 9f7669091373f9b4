// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Once everything has grown to its size, an update allocates nothing on its way from the Data
// Adapter's event to the links of two sessions (STYLE.md, the hot path).

#include "support/allocation_counter.h"
#include "support/update_path.h"

namespace penstock::session {
namespace {

constexpr int kWarmUp = 500;
constexpr int kMeasured = 2000;

class Allocation : public test::UpdatePath {
 protected:
  // Of kMeasured updates in a turn each, which all reach both sessions.
  std::uint64_t Allocations(tlcp::Mode mode, bool unfiltered) {
    Start(mode, unfiltered, 2);
    Run(kWarmUp);
    const std::uint64_t lines_before = lines();
    const std::uint64_t before = test::AllocationsSoFar();
    Run(kMeasured);
    const std::uint64_t made = test::AllocationsSoFar() - before;
    EXPECT_EQ(lines() - lines_before, 2 * kMeasured);
    return made;
  }

 private:
  void Run(int updates) {
    for (int i = 0; i < updates; ++i) {
      RouteUpdate();
      shard_.RunTurn(Duration::zero());
    }
  }
};

TEST_F(Allocation, IsCounted) {
  const std::uint64_t before = test::AllocationsSoFar();
  const std::string text(100, 'x');
  EXPECT_EQ(test::AllocationsSoFar() - before, 1) << text;
}
TEST_F(Allocation, NoneForMerge) { EXPECT_EQ(Allocations(tlcp::Mode::kMerge, false), 0); }
TEST_F(Allocation, NoneForMergeUnfiltered) { EXPECT_EQ(Allocations(tlcp::Mode::kMerge, true), 0); }
TEST_F(Allocation, NoneForDistinct) { EXPECT_EQ(Allocations(tlcp::Mode::kDistinct, false), 0); }
TEST_F(Allocation, NoneForRaw) { EXPECT_EQ(Allocations(tlcp::Mode::kRaw, false), 0); }
TEST_F(Allocation, NoneForCommand) { EXPECT_EQ(Allocations(tlcp::Mode::kCommand, false), 0); }
TEST_F(Allocation, NoneForCommandUnfiltered) {
  EXPECT_EQ(Allocations(tlcp::Mode::kCommand, true), 0);
}

TEST_F(Allocation, OfABatchForAnotherShardIsTheSameHoweverManyEvents) {
  test::UpdateStream stream(router_->field_names(), false);
  kernel::EventBatch batch;
  const auto fill = [&](int events) {
    const std::uint64_t before = test::AllocationsSoFar();
    for (int i = 0; i < events; ++i) batch.Append({}, stream.Next());
    return test::AllocationsSoFar() - before;
  };
  fill(64);
  EXPECT_FALSE(batch.Take().empty());
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(fill(70), 3);  // records, fields, bytes
}

}  // namespace
}  // namespace penstock::session
