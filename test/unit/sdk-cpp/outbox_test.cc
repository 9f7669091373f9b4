// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an outbox does with its memory, and with a write that fails.
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "outbox.h"
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
class FakeStream : public Stream {
 public:
  explicit FakeStream(bool takes) : Stream(UniqueFd()), takes_(takes) {}
  ReadResult Read(std::span<char> /*buffer*/) override { return {ReadStatus::kNothingYet}; }
  bool HasPending() override { return false; }
  std::string why() const override { return {}; }
  size_t Write(std::string_view bytes) override {
    gate.Pass();
    return takes_ ? bytes.size() : 0;
  }
  std::string why_unsent() const override { return "the line is cut"; }

  Gate gate;

 private:
  void EndSending() override {}
  const bool takes_;
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
  FakeStream stream(true);
  Outbox outbox(2 * kBurst, std::make_shared<NodeCells>());
  std::thread writer([&] { outbox.WriterLoop(&stream); });
  const size_t before = MappedBytes();
  for (size_t sent = 0; sent < kBurst; sent += some.size()) {
    EXPECT_EQ(outbox.PushEvent(some, {}, {}), PushResult::kOk);
  }
  EXPECT_GT(MappedBytes(), before + kBurst / 2);
  stream.gate.Open();
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

TEST(Outbox, KeepsTheReasonOfAWriteThatFails) {
  FakeStream stream(false);
  stream.gate.Open();
  Outbox outbox(1000, std::make_shared<NodeCells>());
  EXPECT_EQ(outbox.failure(), "");
  outbox.PushAnswer("lost\r\n");
  outbox.WriterLoop(&stream);
  EXPECT_TRUE(outbox.is_closed());
  EXPECT_EQ(outbox.failure(), "the line is cut");
}

TEST(Outbox, OneThatWasClosedHasNotFailed) {
  FakeStream stream(false);
  Outbox outbox(1000, std::make_shared<NodeCells>());
  outbox.PushAnswer("lost\r\n");
  std::thread writer([&] { outbox.WriterLoop(&stream); });
  outbox.Close();
  stream.gate.Open();
  writer.join();
  EXPECT_EQ(outbox.failure(), "");
}

}  // namespace
}  // namespace penstock::adapter
