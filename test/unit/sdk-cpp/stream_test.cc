// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "tcp_stream.h"
#include "unit/sdk-cpp/stream_pair.h"

namespace penstock::adapter {
namespace {

int Option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

StreamPair Connected() {
  SocketPair sockets = SocketPair::Make();
  return {std::make_unique<TcpStream>(std::move(sockets.dialled)),
          std::make_unique<TcpStream>(std::move(sockets.accepted))};
}

// What is left to TCP to notice: ari.md 1.8.
TEST(Tcp, BothEndsNoticeADeadPeer) {
  const SocketPair pair = SocketPair::Make();
  for (const int fd : {pair.dialled.get(), pair.accepted.get()}) {
    EXPECT_EQ(Option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
    // It would end connections to peers that only do not read.
    EXPECT_EQ(Option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
  }
}

// Sends until nothing more is taken.
void Fill(int fd) {
  const std::string some(64u << 10, 'x');
  while (::send(fd, some.data(), some.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
}

bool FallsSilent(int fd, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < deadline) {
    if (HasFallenSilent(fd, std::chrono::milliseconds(300))) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// What comes no more is dropped by the kernel, without a word, as by a wall.
TEST(Tcp, NoticesThatNothingIsAcknowledgedAnyMore) {
  const SocketPair pair = SocketPair::Make();
  sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop_all};
  ASSERT_EQ(
      ::setsockopt(pair.accepted.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)),
      0);
  Fill(pair.dialled.get());
  EXPECT_TRUE(FallsSilent(pair.dialled.get(), std::chrono::seconds(20)));
}

TEST(Tcp, TakesAPeerThatDoesNotReadForAlive) {
  const SocketPair pair = SocketPair::Make();
  Fill(pair.dialled.get());
  EXPECT_FALSE(FallsSilent(pair.dialled.get(), std::chrono::milliseconds(1500)));
}

TEST(Tcp, SaysWhyThereIsNoConnection) {
  const StopSignal stop;
  const Patience patience{std::chrono::steady_clock::now() + std::chrono::seconds(20), &stop};
  uint16_t port = 0;
  {
    const auto socket = Listen({Loopback(0)});
    ASSERT_TRUE(socket.ok());
    port = PortOf(socket->get());
    EXPECT_EQ(Listen({Loopback(port)}).error().message(), "Address already in use");
    EXPECT_EQ(Accept(socket->get()).error, EAGAIN);
  }
  EXPECT_EQ(Dial({Loopback(port)}, patience).error().message(), "Connection refused");
}

TEST(Patience, EndsWhenTheHostIsStopped) {
  StopSignal stop;
  const SocketPair pair = SocketPair::Make();
  const Patience forever{std::chrono::steady_clock::time_point::max(), &stop};
  EXPECT_TRUE(forever.WaitFor(pair.dialled.get(), POLLOUT).ok());
  stop.Raise(std::chrono::milliseconds(0));
  EXPECT_EQ(forever.WaitFor(pair.dialled.get(), POLLIN).error().message(), "stopped");
}

TEST(DeadlineAfter, IsWithinADayWhateverTheTime) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GE(DeadlineAfter(milliseconds::min()), now);
  EXPECT_LT(DeadlineAfter(milliseconds::min()), now + std::chrono::hours(1));
  EXPECT_GE(DeadlineAfter(milliseconds::max()), now + kLongestWait);
  EXPECT_LT(DeadlineAfter(milliseconds::max()), now + kLongestWait + std::chrono::hours(1));
}

TEST(Patience, EndsInTime) {
  const StopSignal stop;
  const SocketPair pair = SocketPair::Make();
  const Patience none{std::chrono::steady_clock::now(), &stop};
  EXPECT_EQ(none.WaitFor(pair.dialled.get(), POLLIN).error().message(), "Connection timed out");
}

TEST(TcpStream, CarriesBothWaysAtOnce) {
  StreamPair pair = Connected();
  ExpectBothWaysAtOnce(&pair);
}

TEST(TcpStream, ShutdownEndsAWriteThatWaits) {
  StreamPair pair = Connected();
  ExpectShutdownEndsAWrite(&pair);
}

TEST(TcpStream, LastWordsArrive) {
  StreamPair pair = Connected();
  ExpectLingerLosesNothing(&pair);
}

TEST(TcpStream, TellsAnEndFromALoss) {
  StreamPair pair = Connected();
  Stream::ReadStatus how = Stream::ReadStatus::kGot;
  const linger reset{1, 0};
  ::setsockopt(pair.accepted->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  pair.accepted.reset();
  EXPECT_EQ(ReadBytes(pair.dialled.get(), 1, &how), "");
  EXPECT_EQ(how, Stream::ReadStatus::kFailed);
  EXPECT_EQ(pair.dialled->why(), "Connection reset by peer");
}

TEST(TcpStream, SaysWhyNothingMoreGoes) {
  StreamPair pair = Connected();
  const linger reset{1, 0};
  ::setsockopt(pair.accepted->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  pair.accepted.reset();
  while (WriteBytes(pair.dialled.get(), "x")) {
  }
  EXPECT_EQ(pair.dialled->why_unsent(), "Connection reset by peer");
}

}  // namespace
}  // namespace penstock::adapter
