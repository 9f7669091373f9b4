// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an outbox does with a write that fails.
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "outbox.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

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
