// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A proxy that dials its remote adapter (remote_host).

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::BodyOf;
using test::IdOf;
using test::ScriptedRemote;

// A port of this machine where the test is the remote adapter.
class Host {
 public:
  Host() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(descriptor_, 8);
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Host() { ::close(descriptor_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::uint16_t port() const { return port_; }
  // -1 if nobody has dialed.
  int Accept() const { return ::accept(descriptor_, nullptr, nullptr); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

class DialingTest : public testing::Test {
 protected:
  DialingTest() : data_(house_.AddData()) {
    data_.proxy.remote_host = "127.0.0.1:" + std::to_string(host_.port());
    data_.proxy.connection_retry = seconds(10);
  }

  // Null if the server does not dial within some turns.
  std::unique_ptr<ScriptedRemote> Accept(int turns = 200) {
    for (int i = 0; i < turns; ++i) {
      if (i % 10 == 0) house_.Advance(milliseconds(1));  // or no timer fires
      house_.Turn();
      const int descriptor = host_.Accept();
      if (descriptor < 0) continue;
      return std::make_unique<ScriptedRemote>([this] { house_.Turn(); }, descriptor);
    }
    return nullptr;
  }

  Host host_;
  test::TestHouse house_;
  config::DataAdapter& data_;
};

TEST_F(DialingTest, DialsAndInitialises) {
  ASSERT_TRUE(house_.Start().ok());
  auto remote = Accept();
  ASSERT_NE(remote, nullptr);
  EXPECT_TRUE(remote->AnswerInit());
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(house_.Proxy().port, 0);
  EXPECT_EQ(house_.counters().dials.value(), 1u);
}

TEST_F(DialingTest, WaitsForCredentialsAsAnyProxyDoes) {
  data_.proxy.auth = true;
  data_.proxy.credentials = {{"me", "pa ss"}};
  ASSERT_TRUE(house_.Start().ok());
  auto remote = Accept();
  ASSERT_NE(remote, nullptr);
  EXPECT_FALSE(remote->HasLine());
  remote->Send("1|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_TRUE(remote->AnswerInit());
}

TEST_F(DialingTest, AConnectionThatBreaksAtOnceIsReplacedAfterThePause) {
  ASSERT_TRUE(house_.Start().ok());
  Accept()->Hangup();
  EXPECT_EQ(Accept(50), nullptr);
  house_.Advance(milliseconds(9900));
  EXPECT_EQ(Accept(50), nullptr);
  house_.Advance(milliseconds(1200));
  EXPECT_NE(Accept(), nullptr);
}

TEST_F(DialingTest, AConnectionThatHasLastedIsReplacedAtOnce) {
  ASSERT_TRUE(house_.Start().ok());
  auto remote = Accept();
  ASSERT_NE(remote, nullptr);
  EXPECT_TRUE(remote->AnswerInit());
  house_.Turns(5);
  house_.Advance(seconds(12));
  remote->Hangup();
  EXPECT_NE(Accept(), nullptr);
}

TEST_F(DialingTest, IsNotDialedWhileAFailedAttemptIsNotForgotten) {
  data_.proxy.connection_retry = seconds(1);
  data_.proxy.connection_recovery_timeout = seconds(30);
  ASSERT_TRUE(house_.Start().ok());
  auto remote = Accept();
  ASSERT_NE(remote, nullptr);
  remote->Send(IdOf(remote->Next()) + "|DPI|ED|no+feed");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 5), "CLOSE");
  remote->Hangup();
  for (int i = 0; i < 14; ++i) {
    house_.Advance(seconds(2));
    EXPECT_EQ(Accept(5), nullptr);
  }
  house_.Advance(seconds(4));
  house_.Advance(seconds(2));
  EXPECT_NE(Accept(), nullptr);
}

TEST_F(DialingTest, StopsWithTheInput) {
  ASSERT_TRUE(house_.Start().ok());
  Accept()->Hangup();
  house_.hub().StopInput();
  house_.Turns(5);
  for (int i = 0; i < 5; ++i) {
    house_.Advance(seconds(5));
    EXPECT_EQ(Accept(10), nullptr);
  }
}

}  // namespace
}  // namespace penstock::adapters
