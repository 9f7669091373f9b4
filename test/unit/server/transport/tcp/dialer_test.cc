// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/dialer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "transport/tcp/listener.h"

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;

class DialerTest : public testing::Test {
 protected:
  DialerTest()
      : dialer_(std::make_unique<Dialer>(
            shard_, [this](Descriptor socket, const Endpoint&) { connected_ = std::move(socket); },
            [this](const std::string& why) { failed_ = why; })) {}
  ~DialerTest() override {
    dialer_->Stop();
    shard_.DeferDelete(std::move(dialer_));
    connected_ = {};
    shard_.RunTurn(milliseconds(0));
  }

  std::unique_ptr<Listener> Listen() {
    auto listener = Listener::Open(shard_, {.address = "127.0.0.1"}, PortUse::kExclusive,
                                   [this](Descriptor, const Endpoint&) { ++accepted_; });
    EXPECT_TRUE(listener.ok());
    return std::move(*listener);
  }
  void Close(std::unique_ptr<Listener> listener) {
    listener->Close();
    shard_.DeferDelete(std::move(listener));
    shard_.RunTurn(milliseconds(0));
  }
  void TurnUntilDone() {
    // The system looks names up in its own time.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!connected_.is_open() && failed_.empty() && std::chrono::steady_clock::now() < end) {
      shard_.RunTurn(milliseconds(20));
    }
  }

  const SteadyClock clock_{};
  runtime::Shard shard_{0, 1, clock_};
  std::unique_ptr<Dialer> dialer_;
  Descriptor connected_;
  std::string failed_;
  int accepted_ = 0;
};

TEST_F(DialerTest, ConnectsByNameAndByAddress) {
  auto listener = Listen();
  for (const char* const host : {"127.0.0.1", "localhost"}) {
    connected_ = {};
    dialer_->Dial(host, listener->port());
    TurnUntilDone();
    EXPECT_TRUE(connected_.is_open()) << host << ": " << failed_;
  }
  Close(std::move(listener));
}

TEST_F(DialerTest, SaysWhyNobodyWasReached) {
  auto listener = Listen();
  const std::uint16_t port = listener->port();
  Close(std::move(listener));
  dialer_->Dial("127.0.0.1", port);
  TurnUntilDone();
  EXPECT_EQ(failed_, "127.0.0.1 port " + std::to_string(port) + ": Connection refused");
}

TEST_F(DialerTest, SaysThatThereIsNoSuchHost) {
  dialer_->Dial("no..host", 1);  // no name server needs to be asked
  TurnUntilDone();
  EXPECT_EQ(failed_.find("cannot look up no..host: "), 0u) << failed_;
}

TEST_F(DialerTest, IsSilentOnceStopped) {
  auto listener = Listen();
  dialer_->Dial("127.0.0.1", listener->port());
  dialer_->Stop();
  for (int i = 0; i < 10; ++i) shard_.RunTurn(milliseconds(1));
  EXPECT_FALSE(connected_.is_open());
  dialer_->Dial("127.0.0.1", listener->port());
  shard_.RunTurn(milliseconds(1));  // the address is known, the connection under way or there
  dialer_->Stop();
  connected_ = {};
  for (int i = 0; i < 10; ++i) shard_.RunTurn(milliseconds(1));
  EXPECT_FALSE(connected_.is_open());
  EXPECT_EQ(failed_, "");
  EXPECT_TRUE(dialer_->IsQuiet());
  Close(std::move(listener));
}

TEST(Resolver, AnswersOfOneThatIsGoneAreDropped) {
  const SteadyClock clock{};
  runtime::Shard shard(0, 1, clock);
  bool answered = false;
  auto resolver = std::make_unique<Resolver>(shard);
  resolver->Look("localhost", [&](const auto&) { answered = true; });
  resolver->Look("127.0.0.1", [&](const auto&) { answered = true; });
  resolver.reset();
  for (int i = 0; i < 10; ++i) shard.RunTurn(milliseconds(5));
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace penstock::tcp
