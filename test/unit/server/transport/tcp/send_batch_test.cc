// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/send_batch.h"

#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "transport/tcp/socket.h"

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;

// A connection to a peer that reads when told to.
struct Line final : SocketOwner {
  Line(runtime::Shard& shard, asio::io_context& io) : peer(io) {
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    peer.connect(acceptor.local_endpoint());
    asio::ip::tcp::socket accepted = acceptor.accept();
    accepted.non_blocking(true);
    socket = std::make_unique<Socket>(shard, Descriptor(accepted.release()), this);
  }
  void OnReadable() override {}
  void OnDrained() override { ++drained; }
  void OnBatchCutShort(bool broken) override { broken ? ++broken_batches : ++cut_batches; }
  std::string Read(std::size_t size) {
    std::string text(size, '\0');
    asio::error_code error;
    text.resize(asio::read(peer, asio::buffer(text), error));
    return text;
  }

  asio::ip::tcp::socket peer;
  std::unique_ptr<Socket> socket;
  int drained = 0;
  int cut_batches = 0;
  int broken_batches = 0;
};

class SendBatchTest : public testing::Test {
 protected:
  Line& MakeLine() {
    lines_.push_back(std::make_unique<Line>(shard_, io_));
    return *lines_.back();
  }
  ~SendBatchTest() override {
    for (auto& line : lines_) line->socket->Close();
  }
  // Asks the system, not the code that is tested: where it has none there is nothing to test.
  static bool SystemHasIt() {
    io_uring_params parameters{};
    const long descriptor = ::syscall(SYS_io_uring_setup, 1, &parameters);
    if (descriptor >= 0) ::close(static_cast<int>(descriptor));
    return descriptor >= 0;
  }

  const SteadyClock clock_{};
  runtime::Shard shard_{0, 1, clock_};
  asio::io_context io_;
  SendBatch batch_;
  std::vector<std::unique_ptr<Line>> lines_;
};

TEST_F(SendBatchTest, ManySocketsAreSentToByOneCall) {
  if (!SystemHasIt()) GTEST_SKIP() << "no io_uring here";
  constexpr std::size_t kLines = 300;  // more than go in one
  while (lines_.size() < kLines + 1) MakeLine();
  batch_.Begin();
  for (std::size_t i = 1; i <= kLines; ++i) {
    ASSERT_TRUE(lines_[i]->socket->WriteLater(batch_, "to " + std::to_string(i)));
    EXPECT_EQ(lines_[i]->socket->taken(), ("to " + std::to_string(i)).size());
  }
  batch_.Submit();
  for (std::size_t i = 1; i <= kLines; ++i) {
    const std::string expected = "to " + std::to_string(i);
    EXPECT_EQ(lines_[i]->Read(expected.size()), expected);
    EXPECT_FALSE(lines_[i]->socket->in_batch());
    EXPECT_EQ(lines_[i]->socket->sent(), expected.size());
  }
  EXPECT_EQ(batch_.counters().sends, kLines);
  EXPECT_LE(batch_.counters().batches, 3u);
}

TEST_F(SendBatchTest, WhatTheKernelDoesNotTakeJoinsTheBacklog) {
  if (!SystemHasIt()) GTEST_SKIP() << "no io_uring here";
  for (int i = 0; i < 8; ++i) MakeLine();
  Line& full = MakeLine();
  const std::string piece(30'000, 'p');
  std::size_t written = 0;
  while (full.socket->backlog_size() == 0) {
    ASSERT_LT(written, std::size_t{64} << 20);
    batch_.Begin();
    for (std::size_t i = 1; i < 5; ++i) lines_[i]->socket->WriteLater(batch_, "u");
    ASSERT_TRUE(full.socket->WriteLater(batch_, piece));
    batch_.Submit();
    written += piece.size();
  }
  EXPECT_EQ(full.cut_batches, 1);
  EXPECT_EQ(full.socket->taken(), written);
  EXPECT_EQ(full.socket->sent(), written - full.socket->backlog_size());
  // Whoever has a backlog is not for a batch.
  batch_.Begin();
  EXPECT_FALSE(full.socket->WriteLater(batch_, "no"));
  batch_.Submit();
  // All of it arrives, in order.
  std::size_t read = 0;
  std::string buffer(1 << 20, '\0');
  full.peer.non_blocking(true);
  for (int i = 0; i < 10'000 && read < written; ++i) {
    asio::error_code error;
    const std::size_t got = full.peer.read_some(asio::buffer(buffer), error);
    EXPECT_EQ(buffer.find_first_not_of('p'), got < buffer.size() ? buffer.find('\0') : buffer.npos);
    std::fill(buffer.begin(), buffer.end(), '\0');
    read += got;
    shard_.RunTurn(milliseconds(1));
  }
  EXPECT_EQ(read, written);
  EXPECT_EQ(full.drained, 1);
}

TEST_F(SendBatchTest, ABrokenConnectionIsToldAndHurtsNobodyElse) {
  if (!SystemHasIt()) GTEST_SKIP() << "no io_uring here";
  for (int i = 0; i < 8; ++i) MakeLine();
  Line& gone = *lines_[3];
  gone.peer.set_option(asio::socket_base::linger(true, 0));  // a reset
  gone.peer.close();
  for (int i = 0; i < 200 && gone.broken_batches == 0; ++i) {
    batch_.Begin();
    for (auto& line : lines_) ASSERT_TRUE(line->socket->WriteLater(batch_, "u"));
    batch_.Submit();
  }
  EXPECT_EQ(gone.broken_batches, 1);
  EXPECT_EQ(gone.socket->backlog_size(), 0u);
  EXPECT_EQ(lines_[4]->Read(1), "u");
}

TEST_F(SendBatchTest, NothingIsTakenOutsideOfABatch) {
  MakeLine();
  EXPECT_FALSE(lines_[0]->socket->WriteLater(batch_, "no"));
  batch_.Begin();
  batch_.Submit();
  EXPECT_FALSE(lines_[0]->socket->WriteLater(batch_, "no"));
  EXPECT_EQ(batch_.counters().batches, 0u);
}

}  // namespace
}  // namespace penstock::tcp
