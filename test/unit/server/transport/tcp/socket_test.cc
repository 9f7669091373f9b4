// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/socket.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct NoOwner final : SocketOwner {
  void OnReadable() override {}
  void OnDrained() override {}
};

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    asio::ip::tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    peer_.connect(acceptor.local_endpoint());
    AsioSocket accepted(shard_.io());
    acceptor.accept(accepted);
    socket_ = std::make_unique<Socket>(shard_, std::move(accepted), &owner_);
  }
  ~SocketTest() override {
    socket_->Close();
    for (int i = 0; i < 100 && !socket_->quiet(); ++i) shard_.RunTurn(milliseconds(1));
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

  const SteadyClock clock_;
  runtime::Shard shard_{0, 1, clock_};
  NoOwner owner_;
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

}  // namespace
}  // namespace penstock::tcp
