// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "outbox.h"
#include "over_ari/handshake.h"
#include "over_ari/keepalive.h"
#include "tcp_stream.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

// A15
TEST(Keepalive, FollowsTheTableOfTheProtocol) {
  const std::optional<milliseconds> none;
  EXPECT_EQ(KeepaliveInterval(none, 500), milliseconds(1000));
  EXPECT_EQ(KeepaliveInterval(none, 4000), milliseconds(4000));
  EXPECT_EQ(KeepaliveInterval(none, 20000), milliseconds(10000));
  EXPECT_EQ(KeepaliveInterval(none, -1), milliseconds(10000));
  EXPECT_EQ(KeepaliveInterval(none, std::nullopt), milliseconds(10000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(5000), 500), milliseconds(1000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(5000), 4000), milliseconds(4000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(5000), 20000), milliseconds(5000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(5000), -1), milliseconds(5000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(5000), std::nullopt), milliseconds(5000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(0), 500), milliseconds(1000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(0), 20000), milliseconds(20000));
  EXPECT_EQ(KeepaliveInterval(milliseconds(0), -1), milliseconds(0));
  EXPECT_EQ(KeepaliveInterval(milliseconds(-1), std::nullopt), milliseconds(0));
}

// A4
TEST(ChooseVersion, TakesTheLowerOfTheTwo) {
  EXPECT_EQ(ChooseVersion(std::nullopt, false).value(), ari::Version::k180);
  EXPECT_EQ(ChooseVersion("1.8.2", false).value(), ari::Version::k182);
  EXPECT_EQ(ChooseVersion("1.9.0", false).value(), ari::Version::k190);
  EXPECT_EQ(ChooseVersion("1.9.1", true).value(), ari::Version::k191);
  EXPECT_EQ(ChooseVersion("1.9.12", true).value(), ari::Version::k191);
  EXPECT_EQ(ChooseVersion("2.0.0", true).value(), ari::Version::k191);
}

// A4
TEST(ChooseVersion, RefusesTheReservedTheUnknownAndTheTooOld) {
  for (const char* text : {"1.8.1", "1.7.0", "", "1.9", "1.9.x", "1.9.2.1", "x"}) {
    EXPECT_FALSE(ChooseVersion(text, false).ok()) << text;
  }
  EXPECT_FALSE(ChooseVersion("1.9.0", true).ok());
  EXPECT_FALSE(ChooseVersion(std::nullopt, true).ok());
}

TEST(Outbox, WritesAllThatIsQueuedAtOnce) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  const auto cells = std::make_shared<NodeCells>();
  Outbox outbox(1000, cells);
  EXPECT_TRUE(outbox.PushAnswer("one\r\n"));
  EXPECT_EQ(outbox.PushEvent("t", "w", "o\r\n"), PushResult::kOk);
  EXPECT_EQ(outbox.PushEvent("th", "ree", "\r\n"), PushResult::kOk);
  outbox.Finish();
  TcpStream stream{UniqueFd(fds[0])};
  outbox.WriterLoop(&stream);
  EXPECT_EQ(cells->writes.value(), 1u);
  char bytes[64] = {};
  EXPECT_EQ(::read(fds[1], bytes, sizeof(bytes)), 17);
  EXPECT_STREQ(bytes, "one\r\ntwo\r\nthree\r\n");
  EXPECT_EQ(outbox.PushEvent("late\r\n", {}, {}), PushResult::kClosed);
  EXPECT_FALSE(outbox.PushAnswer("late\r\n"));
  ::close(fds[1]);
}

TEST(Outbox, AnswersAreNotBoundedByTheEventsBound) {
  Outbox outbox(4, std::make_shared<NodeCells>());
  EXPECT_EQ(outbox.PushEvent("12345", {}, {}), PushResult::kOk);
  EXPECT_EQ(outbox.PushEvent("6", {}, {}), PushResult::kFull);
  EXPECT_TRUE(outbox.PushAnswer("7"));
}

}  // namespace
}  // namespace penstock::adapter
