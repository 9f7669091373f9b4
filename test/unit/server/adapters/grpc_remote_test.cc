// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A remote adapter over gRPC that does not read what it is sent.
#include "adapters/remote/grpc/remote.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/shard_pool.h"
#include "support/fake_clock.h"

namespace penstock::adapters {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMuch = GrpcStream::kMostUnsent + 100;

// Of which the test says how much waits.
class FakeStream final : public GrpcStream {
 public:
  bool is_metadata() const override { return false; }
  const GrpcPeer& peer() const override { return peer_; }
  void Open(runtime::Shard&, GrpcStreamOwner*, bool) override {}
  void Resume() override {}
  void Leave() override {}
  bool Send(const google::protobuf::MessageLite&) override { return waiting <= kMostUnsent; }
  std::size_t unsent() override { return waiting; }
  void Finish(GrpcStatus how, std::string_view) override { status = how; }

  std::size_t waiting = 0;
  GrpcStatus status = GrpcStatus::kOk;

 private:
  GrpcPeer peer_;
};

class GrpcRemoteTest : public testing::Test, public RemoteOwner, public GrpcSink<DataWire> {
 protected:
  // How it ended, if it has.
  std::string SendAndWait(std::vector<std::size_t> waiting) {
    remote_.Send({});
    for (const std::size_t bytes : waiting) {
      stream_->waiting = bytes;
      clock_.Advance(seconds(5));
      for (int i = 0; i < 3; ++i) pool_[0].RunTurn(std::chrono::milliseconds(1));
    }
    return end_;
  }

  void OnRemoteReady(Remote&) override {}
  void OnRemoteLeaving(Remote&) override {}
  void OnRemoteEnd(const RemoteEnd& end) override { end_ = end.reason; }
  bool OnRemoteMessage(GrpcRemote<DataWire>&, const pb::DataAdapterMessage&) override {
    return true;
  }

  test::FakeClock clock_;
  runtime::ShardPool pool_{1, clock_};
  config::ProxySettings settings_;
  ProxyCounters counters_;
  GrpcContext context_{pool_[0], settings_, counters_, "SET", "DATA", "server"};
  const std::shared_ptr<FakeStream> stream_ = std::make_shared<FakeStream>();
  std::string end_;
  GrpcRemote<DataWire> remote_{context_, this, this, stream_, {"SET", "DATA", "Test"}};
};

TEST_F(GrpcRemoteTest, IsGivenUpWhenItReadsNothingOfMuch) {
  stream_->waiting = kMuch;
  EXPECT_EQ(SendAndWait({kMuch}), "");
  EXPECT_EQ(SendAndWait({kMuch}), "the remote adapter does not read");
  EXPECT_EQ(stream_->status, GrpcStatus::kUnavailable);
}

TEST_F(GrpcRemoteTest, HasTimeAsLongAsItReadsOn) {
  stream_->waiting = kMuch;
  EXPECT_EQ(SendAndWait({kMuch, kMuch - 1, kMuch - 2, kMuch - 3}), "");
  EXPECT_NE(SendAndWait({kMuch - 3}), "");
}

TEST_F(GrpcRemoteTest, IsForgivenWhenItHasCaughtUp) {
  stream_->waiting = kMuch;
  EXPECT_EQ(SendAndWait({kMuch, 0, kMuch, kMuch, kMuch}), "");
  EXPECT_EQ(SendAndWait({kMuch}), "");
  EXPECT_NE(SendAndWait({kMuch}), "");
}

TEST_F(GrpcRemoteTest, LittleMayWaitForEver) {
  stream_->waiting = GrpcStream::kMostUnsent;
  EXPECT_EQ(SendAndWait({kMuch, kMuch, kMuch}), "");
}

}  // namespace
}  // namespace penstock::adapters
