// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/lobby.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/shard_pool.h"
#include "support/fake_clock.h"

namespace penstock::adapters {
namespace {

class GrpcLobbyTest : public testing::Test {
 protected:
  // Connects, and enters as one that comes from `peer`.
  void Enter(const tcp::Endpoint& peer) {
    const tcp::Descriptor listening(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(listening.number(), raw, size), 0);
    ASSERT_EQ(::listen(listening.number(), 1), 0);
    ASSERT_EQ(::getsockname(listening.number(), raw, &size), 0);
    theirs_ = tcp::Descriptor(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(theirs_.number(), raw, size), 0);
    ours_ = tcp::Descriptor(::accept4(listening.number(), nullptr, nullptr, SOCK_NONBLOCK));
    lobby_.Enter(tcp::Descriptor(::dup(ours_.number())), peer);
  }
  // The peer sends so much, and our end reads it as gRPC does, which may be before the shard looks.
  void Send(std::size_t bytes) {
    std::vector<char> piece(4096);
    for (std::size_t sent = 0; sent < bytes; sent += piece.size()) {
      if (::send(theirs_.number(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
      while (::recv(ours_.number(), piece.data(), piece.size(), 0) > 0) {
      }
    }
  }
  void Turn() {
    for (int i = 0; i < 2; ++i) pool_[0].RunTurn(std::chrono::milliseconds(0));
  }
  void LetASecondPass() {
    clock_.Advance(std::chrono::seconds(1));
    Turn();
  }
  static tcp::Endpoint At(const char* address, unsigned short port) {
    return {asio::ip::make_address(address), port};
  }

  test::FakeClock clock_;
  runtime::ShardPool pool_{1, clock_};
  std::vector<std::string> ended_;
  GrpcLobby lobby_{
      pool_[0], [this](const tcp::Endpoint&, std::string_view why) { ended_.emplace_back(why); }};
  tcp::Descriptor ours_;
  tcp::Descriptor theirs_;
};

TEST_F(GrpcLobbyTest, EndsWhoSendsMoreThanItHasToSay) {
  Enter(At("10.0.0.1", 1));
  Send(GrpcLobby::kMostBytes);
  LetASecondPass();
  EXPECT_EQ(lobby_.size(), 1u);
  Send(4096);
  LetASecondPass();
  EXPECT_EQ(lobby_.size(), 0u);
  EXPECT_EQ(ended_, std::vector<std::string>{"sends more than it has to say"});
  char byte;
  EXPECT_EQ(::recv(theirs_.number(), &byte, 1, 0), 0);
}

TEST_F(GrpcLobbyTest, EndsAtOnceWhoseWordsAreThere) {
  Enter(At("10.0.0.1", 1));
  Send(GrpcLobby::kMostBytes);
  const char byte = 'x';
  ASSERT_EQ(::send(theirs_.number(), &byte, 1, 0), 1);
  Turn();
  EXPECT_EQ(lobby_.size(), 0u);
}

TEST_F(GrpcLobbyTest, WhoHasLeftSendsWhatItLikes) {
  Enter(At("10.0.0.1", 1));
  lobby_.Leave(At("10.0.0.1", 2));
  EXPECT_EQ(lobby_.size(), 1u);
  lobby_.Leave(At("10.0.0.1", 1));
  EXPECT_EQ(lobby_.size(), 0u);
  Send(2 * GrpcLobby::kMostBytes);
  LetASecondPass();
  EXPECT_TRUE(ended_.empty());
}

TEST_F(GrpcLobbyTest, KnowsIpv4InIpv6) {
  Enter(At("::ffff:10.0.0.1", 1));
  lobby_.Leave(At("10.0.0.1", 1));
  EXPECT_EQ(lobby_.size(), 0u);
}

TEST_F(GrpcLobbyTest, ForgetsWhoIsGone) {
  Enter(At("10.0.0.1", 1));
  ::shutdown(ours_.number(), SHUT_RDWR);  // as gRPC does before it closes
  Turn();
  EXPECT_EQ(lobby_.size(), 0u);
  EXPECT_TRUE(ended_.empty());
}

TEST_F(GrpcLobbyTest, FullOfOneAddressItHasRoomForAnother) {
  for (unsigned short i = 0; i < GrpcLobby::kShare; ++i) {
    lobby_.Enter(tcp::Descriptor(::socket(AF_INET, SOCK_STREAM, 0)), At("10.0.0.1", i));
  }
  Enter(At("10.0.0.2", 1));
  EXPECT_TRUE(ended_.empty());
  Enter(At("10.0.0.1", 1000));
  EXPECT_EQ(ended_, std::vector<std::string>{"too many strangers of its address"});
  EXPECT_EQ(lobby_.size(), GrpcLobby::kShare + 1);
}

}  // namespace
}  // namespace penstock::adapters
