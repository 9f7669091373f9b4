// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an outbox does with its memory, and with a write that fails.
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "item_feed.h"
#include "outbox.h"
#include "over_ari/ari_item_writer.h"
#include "page_buffer.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitizer = false;
#endif

using std::chrono::seconds;
using std::chrono::steady_clock;

// What the process has mapped; of what it touches sanitizers keep records that stay.
size_t MappedBytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) return 0;
  std::fclose(file);
  return pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// Takes what it is given once the gate is open, or never.
class FakeOutlet : public Outlet {
 public:
  explicit FakeOutlet(bool takes) : takes_(takes) {}
  size_t Write(std::string_view bytes) override {
    gate.Pass();
    return takes_ ? bytes.size() : 0;
  }
  std::string why_unsent() const override { return "the line is cut"; }
  void Shutdown() override {}

  Gate gate;

 private:
  const bool takes_;
};

// Each write lasts until the test lets it end.
class SteppedOutlet : public Outlet {
 public:
  size_t Write(std::string_view bytes) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return allowed_ >= begun_; });
    return bytes.size();
  }
  std::string why_unsent() const override { return ""; }
  void Shutdown() override {}

  // Lets so many writes end, of all.
  void Allow(int writes) {
    const std::lock_guard lock(mutex_);
    allowed_ = writes;
    changed_.notify_all();
  }
  // Returns when so many have begun.
  void Await(int writes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= writes; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int allowed_ = 0;
};

// An outbox of 1,000 bytes that is full while its first write lasts, and items that lag behind it.
class LaggingItems : public ::testing::Test {
 protected:
  LaggingItems() {
    context_->policy = QueuePolicy::kConflate;
    context_->keeps_state = true;
    context_->budget.max_bytes = 1 << 20;
    outbox_->JoinCapacity(context_->capacity);
    writer_ = std::thread([this] { outbox_->WriterLoop(&outlet_); });
    outbox_->PushAnswer("first");
    outlet_.Await(1);
    EXPECT_EQ(outbox_->PushEvent(std::string(1000, 'x'), {}, {}), PushResult::kOk);
  }
  ~LaggingItems() override {
    outlet_.Allow(1000);
    outbox_->Finish();
    writer_.join();
  }
  std::shared_ptr<ItemFeed> Attach(const std::string& item, const std::string& value) {
    const auto feed =
        std::make_shared<ItemFeed>(item, StateRule{StateRule::Kind::kMerge}, true, context_);
    ari::Dialect dialect;
    dialect.version = ari::Version::k191;
    feed->Attach(outbox_, std::make_unique<AriItemWriter>(item, "1", dialect));
    const Field fields[] = {{"f", value}};
    EXPECT_EQ(feed->Update(fields, {}), PushResult::kOk);
    EXPECT_EQ(outbox_->queued_bytes(), 1000u);
    return feed;
  }

  const std::shared_ptr<FeedContext> context_ = std::make_shared<FeedContext>();
  const std::shared_ptr<Outbox> outbox_ =
      std::make_shared<Outbox>(1000, std::make_shared<NodeCells>());
  SteppedOutlet outlet_;
  std::thread writer_;
};

TEST(PageBuffer, KeepsItsBytesAsItGrows) {
  PageBuffer buffer;
  std::string all;
  for (int i = 0; i < 100000; ++i) {
    const std::string some = std::to_string(i);
    buffer.Append(some);
    all += some;
  }
  EXPECT_EQ(buffer.size(), all.size());
  EXPECT_TRUE(buffer.view() == all);
}

TEST(PageBuffer, GivesUpPagesOnlyWhenItIsEmpty) {
  PageBuffer buffer;
  buffer.Append(std::string(1000000, 'x'));
  buffer.Shrink(0);
  EXPECT_EQ(buffer.view(), std::string(1000000, 'x'));
  void* const last = const_cast<char*>(buffer.view().data()) + 983040;  // of 16 times 64 KiB
  unsigned char resident = 0;
  EXPECT_EQ(::mincore(last, 1, &resident), 0);
  buffer.Clear();
  buffer.Shrink(1000000);
  EXPECT_EQ(::mincore(last, 1, &resident), 0);
  buffer.Shrink(1000);
  EXPECT_NE(::mincore(last, 1, &resident), 0);
  buffer.Append("still good");
  EXPECT_EQ(buffer.view(), "still good");
}

TEST(Outbox, TakesAllOfALineOrNothing) {
  Outbox outbox(1000, std::make_shared<NodeCells>());
  const std::string some = "some";
  const std::string_view huge(some.data(), size_t{1} << 60);  // never read: there is no room
  EXPECT_THROW(outbox.PushEvent("1|", "UD3|", huge), std::bad_alloc);
  EXPECT_EQ(outbox.queued_bytes(), 0u);
}

TEST(Outbox, GivesTheMemoryOfABurstBack) {
  if (kThreadSanitizer) GTEST_SKIP() << "what it notes of pages that have moved stays";
  constexpr size_t kBurst = size_t{24} << 20;
  const std::string some(1u << 20, 'x');
  FakeOutlet outlet(true);
  Outbox outbox(2 * kBurst, std::make_shared<NodeCells>());
  std::thread writer([&] { outbox.WriterLoop(&outlet); });
  const size_t before = MappedBytes();
  for (size_t sent = 0; sent < kBurst; sent += some.size()) {
    EXPECT_EQ(outbox.PushEvent(some, {}, {}), PushResult::kOk);
  }
  EXPECT_GT(MappedBytes(), before + kBurst / 2);
  outlet.gate.Open();
  const auto deadline = steady_clock::now() + seconds(10);
  while (MappedBytes() > before + kBurst / 4 && steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_LT(MappedBytes(), before + kBurst / 4);
  // And works on.
  EXPECT_EQ(outbox.PushEvent(some, {}, {}), PushResult::kOk);
  outbox.Finish();
  writer.join();
}

// Or else they would lag as long as it lasts, with all the room that they need.
TEST_F(LaggingItems, CatchUpIntoTheRoomThatAWriteLeaves) {
  const auto feed = Attach("item", "1");
  EXPECT_TRUE(context_->capacity->exhausted());
  outlet_.Allow(1);
  outlet_.Await(2);
  EXPECT_GT(outbox_->queued_bytes(), 0u);
  EXPECT_FALSE(context_->capacity->exhausted());
  const Field fields[] = {{"f", "2"}};
  EXPECT_EQ(feed->Update(fields, {}), PushResult::kOk);
  EXPECT_EQ(outbox_->cells().events.value(), 2u);
}

TEST_F(LaggingItems, ThatFindNoRoomMakeAFullOutbox) {
  const auto first = Attach("first", std::string(2000, '1'));
  const auto second = Attach("second", "2");
  outlet_.Allow(1);
  outlet_.Await(2);
  EXPECT_GT(outbox_->queued_bytes(), 2000u);  // the first
  EXPECT_TRUE(context_->capacity->exhausted());
  outlet_.Allow(2);
  outlet_.Await(3);
  EXPECT_GT(outbox_->queued_bytes(), 0u);  // the second
  EXPECT_FALSE(context_->capacity->exhausted());
}

TEST(Outbox, NobodyLagsWhereThereIsRoom) {
  Outbox outbox(1000, std::make_shared<NodeCells>());
  EXPECT_EQ(outbox.NoteLagging(nullptr), std::nullopt);
}

TEST(Outbox, KeepsTheReasonOfAWriteThatFails) {
  FakeOutlet outlet(false);
  outlet.gate.Open();
  Outbox outbox(1000, std::make_shared<NodeCells>());
  EXPECT_EQ(outbox.failure(), "");
  outbox.PushAnswer("lost\r\n");
  outbox.WriterLoop(&outlet);
  EXPECT_TRUE(outbox.is_closed());
  EXPECT_EQ(outbox.failure(), "the line is cut");
}

TEST(Outbox, OneThatWasClosedHasNotFailed) {
  FakeOutlet outlet(false);
  Outbox outbox(1000, std::make_shared<NodeCells>());
  outbox.PushAnswer("lost\r\n");
  std::thread writer([&] { outbox.WriterLoop(&outlet); });
  outbox.Close();
  outlet.gate.Open();
  writer.join();
  EXPECT_EQ(outbox.failure(), "");
}

}  // namespace
}  // namespace penstock::adapter
