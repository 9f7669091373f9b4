// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/ready_set.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/shard.h"

namespace penstock::runtime {
namespace {

using std::chrono::milliseconds;

// One end of a pair of sockets; the test holds the other one.
struct End final : ReadyUser {
  End() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, both), 0);
    here = both[0];
    there = both[1];
  }
  ~End() {
    ::close(here);
    ::close(there);
  }
  void OnReady(std::uint32_t events) override {
    told.push_back(events);
    if (then) then();
  }
  void Say() const { EXPECT_EQ(::write(there, "x", 1), 1); }

  int here = -1;
  int there = -1;
  std::vector<std::uint32_t> told;
  std::function<void()> then;
};

class ReadySetTest : public testing::Test {
 protected:
  void Turn() { shard_.RunTurn(milliseconds(50)); }

  const SteadyClock clock_{};
  Shard shard_{0, 1, clock_};
  ReadySet& set_ = shard_.ready_set();
};

TEST_F(ReadySetTest, TellsInEachTurnWhileItIsSo) {
  End end;
  ASSERT_TRUE(set_.Add(end.here, kReadable, &end));
  end.Say();
  Turn();
  Turn();
  EXPECT_EQ(end.told, (std::vector<std::uint32_t>{kReadable, kReadable}));
  char byte = 0;
  EXPECT_EQ(::read(end.here, &byte, 1), 1);
  Turn();
  EXPECT_EQ(end.told.size(), 2u);
}

TEST_F(ReadySetTest, TellsWhatIsAskedFor) {
  End end;
  ASSERT_TRUE(set_.Add(end.here, kReadable, &end));
  Turn();
  EXPECT_TRUE(end.told.empty());
  set_.Change(end.here, kWritable, &end);
  end.Say();
  Turn();
  EXPECT_EQ(end.told, std::vector<std::uint32_t>{kWritable});
  set_.Remove(end.here, &end);
  Turn();
  EXPECT_EQ(end.told.size(), 1u);
}

TEST_F(ReadySetTest, TheEndOfThePeerComesUnasked) {
  End end;
  ASSERT_TRUE(set_.Add(end.here, kWritable, &end));
  ::shutdown(end.there, SHUT_RDWR);
  Turn();
  ASSERT_FALSE(end.told.empty());
  EXPECT_NE(end.told[0] & kBroken, 0u);
}

// Of two that are ready at once the first one has the second one closed.
TEST_F(ReadySetTest, WhoWasRemovedIsNotToldInTheSameTurn) {
  End one;
  End other;
  ASSERT_TRUE(set_.Add(one.here, kReadable, &one));
  ASSERT_TRUE(set_.Add(other.here, kReadable, &other));
  one.Say();
  other.Say();
  one.then = [&] { set_.Remove(other.here, &other); };
  other.then = [&] { set_.Remove(one.here, &one); };
  Turn();
  Turn();
  EXPECT_NE(one.told.empty(), other.told.empty());
}

TEST_F(ReadySetTest, CallsSoonWithoutTheKernel) {
  End end;
  End gone;
  set_.CallSoon(&end);
  set_.CallSoon(&gone);
  end.then = [&] {
    set_.Forget(&gone);                             // it was to be next
    if (end.told.size() == 1) set_.CallSoon(&end);  // again, in the next turn
  };
  const auto start = std::chrono::steady_clock::now();
  shard_.RunTurn(std::chrono::seconds(10));
  EXPECT_EQ(end.told.size(), 1u);
  shard_.RunTurn(std::chrono::seconds(10));
  EXPECT_EQ(end.told.size(), 2u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(gone.told.empty());
}

// More than are told in one turn: all are told in a few.
TEST_F(ReadySetTest, NobodyIsForgottenAmongMany) {
  std::vector<std::unique_ptr<End>> ends;
  for (int i = 0; i < 400; ++i) {
    ends.push_back(std::make_unique<End>());
    ASSERT_TRUE(set_.Add(ends.back()->here, kReadable, ends.back().get()));
    ends.back()->Say();
  }
  for (int i = 0; i < 3; ++i) Turn();
  for (const auto& end : ends) EXPECT_FALSE(end->told.empty());
}

}  // namespace
}  // namespace penstock::runtime
