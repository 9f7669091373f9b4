// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Reads what comes, unless it is paused.
struct Owner final : SocketOwner {
  void OnReadable() override {
    ++told;
    if (paused) return;
    char buffer[64 * 1024];
    ReadResult result = socket->Read(buffer);
    while (result.status == ReadStatus::kData) {
      read += result.size;
      result = socket->Read(buffer);
    }
    ended = result.status != ReadStatus::kWouldBlock;
    if (!ended) socket->WaitReadable();
  }
  void OnDrained() override { ++drained; }

  Socket* socket = nullptr;
  bool paused = false;
  bool ended = false;
  int told = 0;
  int drained = 0;
  std::size_t read = 0;
};

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    asio::ip::tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    peer_.connect(acceptor.local_endpoint());
    asio::ip::tcp::socket accepted = acceptor.accept();
    accepted.non_blocking(true);
    socket_ = std::make_unique<Socket>(shard_, Descriptor(accepted.release()), &owner_);
    owner_.socket = socket_.get();
  }
  template <class Condition>
  bool Until(Condition holds) {
    const auto deadline = steady_clock::now() + seconds(10);
    while (!holds() && steady_clock::now() < deadline) shard_.RunTurn(milliseconds(10));
    return holds();
  }
  // For how long the system has not heard of the peer.
  milliseconds LastAck() {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(socket_->descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return milliseconds(info.tcpi_last_ack_recv);
  }
  void AwaitQuiet() {
    const auto deadline = steady_clock::now() + seconds(20);
    while (LastAck() < milliseconds(500) && steady_clock::now() < deadline) {
      shard_.RunTurn(milliseconds(10));
    }
  }

  const SteadyClock clock_{};
  runtime::Shard shard_{0, 1, clock_};
  Owner owner_;
  asio::io_context io_;
  asio::ip::tcp::socket peer_{io_};
  std::unique_ptr<Socket> socket_;
};

TEST_F(SocketTest, APeerThatSaysNothingIsSilent) {
  AwaitQuiet();
  EXPECT_GE(socket_->PeerSilence(), milliseconds(500));
}

// The system asks ever more rarely whether there is room, and is answered each time.
TEST_F(SocketTest, APeerThatDoesNotReadIsNotSilent) {
  ASSERT_TRUE(socket_->Write(std::string(64 << 20, 'x')));
  AwaitQuiet();
  EXPECT_GT(socket_->backlog_size(), 0u);
  EXPECT_GE(LastAck(), milliseconds(500));
  EXPECT_EQ(socket_->PeerSilence(), milliseconds(0));
}

TEST_F(SocketTest, IsToldOnceForEachWait) {
  owner_.paused = true;
  socket_->WaitReadable();
  socket_->WaitReadable();
  asio::write(peer_, asio::buffer("abc", 3));
  ASSERT_TRUE(Until([&] { return owner_.told == 1; }));
  // The bytes are still there, and nobody waits: no turn is spent on them.
  const auto start = steady_clock::now();
  for (int i = 0; i < 3; ++i) shard_.RunTurn(milliseconds(50));
  EXPECT_GE(steady_clock::now() - start, milliseconds(90));
  EXPECT_EQ(owner_.told, 1);
  owner_.paused = false;
  socket_->WaitReadable();
  EXPECT_TRUE(Until([&] { return owner_.read == 3; }));
  asio::write(peer_, asio::buffer("de", 2));
  EXPECT_TRUE(Until([&] { return owner_.read == 5; }));
}

TEST_F(SocketTest, ABacklogGoesWhileBytesComeIn) {
  socket_->WaitReadable();
  constexpr std::size_t kSize = 16 << 20;
  ASSERT_TRUE(socket_->Write(std::string(kSize, 'x')));
  ASSERT_GT(socket_->backlog_size(), 0u);
  asio::write(peer_, asio::buffer("abc", 3));
  ASSERT_TRUE(Until([&] { return owner_.read == 3; }));
  EXPECT_EQ(owner_.drained, 0);
  peer_.non_blocking(true);
  std::vector<char> buffer(1 << 20);
  std::size_t came = 0;
  ASSERT_TRUE(Until([&] {
    asio::error_code error;
    came += peer_.read_some(asio::buffer(buffer), error);
    return came == kSize;
  }));
  EXPECT_TRUE(Until([&] { return owner_.drained == 1; }));
  EXPECT_EQ(socket_->backlog_size(), 0u);
  // With nothing to send it waits for reading only.
  const auto start = steady_clock::now();
  for (int i = 0; i < 3; ++i) shard_.RunTurn(milliseconds(50));
  EXPECT_GE(steady_clock::now() - start, milliseconds(90));
}

TEST_F(SocketTest, TheEndIsToldToWhoReadsAndKeepsNobodyBusyElse) {
  peer_.close();
  const auto start = steady_clock::now();
  for (int i = 0; i < 3; ++i) shard_.RunTurn(milliseconds(50));
  EXPECT_GE(steady_clock::now() - start, milliseconds(90));
  socket_->WaitReadable();
  EXPECT_TRUE(Until([&] { return owner_.ended; }));
}

// As on the way to another shard.
TEST_F(SocketTest, AReleasedConnectionGoesOnElsewhere) {
  socket_->WaitReadable();
  runtime::Shard other(0, 1, clock_);
  Owner next;
  Socket taken(other, socket_->Release(), &next);
  next.socket = &taken;
  EXPECT_FALSE(socket_->is_open());
  asio::write(peer_, asio::buffer("abc", 3));
  // The bytes wait, and the shard that it left does not hear of them.
  const auto start = steady_clock::now();
  shard_.RunTurn(milliseconds(50));
  EXPECT_GE(steady_clock::now() - start, milliseconds(40));
  EXPECT_EQ(owner_.told, 0);
  taken.WaitReadable();
  for (int i = 0; i < 100 && next.read == 0; ++i) other.RunTurn(milliseconds(10));
  EXPECT_EQ(next.read, 3u);
}

TEST_F(SocketTest, WhatTheSystemCannotWatchIsNotOpen) {
  const Socket socket(shard_, Descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC)), &owner_);
  EXPECT_FALSE(socket.is_open());
}

TEST_F(SocketTest, NothingIsToldBehindTheClose) {
  socket_->WaitReadable();
  asio::write(peer_, asio::buffer("abc", 3));
  socket_->Close();
  for (int i = 0; i < 3; ++i) shard_.RunTurn(milliseconds(10));
  EXPECT_EQ(owner_.told, 0);
}

}  // namespace
}  // namespace penstock::tcp
