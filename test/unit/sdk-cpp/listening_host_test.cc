// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/dialling_server.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A host that waits for a server; nobody in here would live to see its back-off.
class ListeningHost : public ::testing::Test {
 protected:
  ListeningHost() {
    options_.servers = {"tcp-listen://:0"};
    options_.min_backoff = options_.max_backoff = hours(1);
    options_.listener = &listener_;
  }
  ~ListeningHost() override {
    if (host_ != nullptr) host_->Stop();
  }

  // The port to dial.
  uint16_t Start() {
    host_ = std::make_unique<AdapterHost>(provider_, options_);
    EXPECT_TRUE(host_->Start().ok());
    return ListeningPort(&listener_);
  }

  static bool EndsIn(const std::string& text, std::string_view end) { return text.ends_with(end); }

  const std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  FakeListener listener_;
  HostOptions options_;
  std::unique_ptr<AdapterHost> host_;
};

// A6 the other way round: who dials is the only difference, the adapter still speaks first.
TEST_F(ListeningHost, ServesTheServerThatDials) {
  options_.user = "u";
  options_.password = "p";
  ProxyConnection c = DialHost(Start());
  EXPECT_EQ(c.Hear(), std::string(kRac) + "|S|user|S|u|S|password|S|p");
  c.Say("1a|DPI|S|ARI.version|S|1.9.1");
  EXPECT_EQ(c.Hear(), "1a|DPI|S|ARI.version|S|1.9.1");
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  EXPECT_EQ(provider_->handle("snap").Update({{"a", "1"}}), PushResult::kOk);
  EXPECT_EQ(c.HearEvent(), "UD3|S|snap|S|2a|B|0|S|a|S|1");
}

TEST_F(ListeningHost, AcceptsAgainAtOnceAfterALoss) {
  const uint16_t port = Start();
  for (int i = 0; i < 3; ++i) {
    ProxyConnection c = DialHost(port);
    OpenData(&c);
  }
  // One that never got as far as an init makes nobody wait, either.
  DialHost(port).Drop();
  ProxyConnection c = DialHost(port);
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
}

TEST_F(ListeningHost, TurnsASecondServerAwayAndAsksTheFirstForASignOfLife) {
  const uint16_t port = Start();
  ProxyConnection first = DialHost(port);
  OpenData(&first);
  ProxyConnection second = DialHost(port);
  EXPECT_EQ(second.Hear(), "<closed>");
  // If the first is gone without a word, the answer to this is a reset.
  EXPECT_EQ(first.Hear(), "KEEPALIVE");
  EXPECT_EQ(host_->counters().total.turned_away, 1u);
  first.Say("2a|SUB|S|snap");
  EXPECT_EQ(first.Hear(), "2a|SUB|V");

  first.Drop();
  ProxyConnection third = DialHost(port);
  OpenData(&third);
  third.Say("2b|SUB|S|snap");
  EXPECT_EQ(third.Hear(), "2b|SUB|V");
}

TEST_F(ListeningHost, GivesUpOnWhoeverConnectsAndSaysNothing) {
  options_.connect_timeout = milliseconds(20);
  const uint16_t port = Start();
  ProxyConnection c = DialHost(port);
  EXPECT_EQ(c.Hear(), kRac);
  EXPECT_EQ(c.Hear(), "<closed>");
  EXPECT_TRUE(EndsIn(listener_.log.Next(), ": no init request in time"));
}

// More than are listened to at once.
TEST_F(ListeningHost, StrangersWhoSayNothingKeepNoServerOut) {
  options_.connect_timeout = hours(1);
  const uint16_t port = Start();
  std::vector<ProxyConnection> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(DialHost(port));
  const auto before = std::chrono::steady_clock::now();
  ProxyConnection c = DialHost(port);
  OpenData(&c);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  EXPECT_EQ(host_->counters().total.turned_away, silent.size());
  for (ProxyConnection& one : silent) {
    EXPECT_EQ(one.Hear(), kRac);
    EXPECT_EQ(one.Hear(), "<closed>");
  }
}

TEST_F(ListeningHost, TurnsAwayWhoSpeaksOtherwiseThanAServer) {
  options_.connect_timeout = hours(1);
  const uint16_t port = Start();
  ProxyConnection waits = DialHost(port);
  EXPECT_EQ(waits.Hear(), kRac);
  const std::pair<const char*, const char*> said[] = {
      {"GET / HTTP/1.1", ": what it says is no request"},
      {"1|SUB|S|item", ": a request before the init request"},
      {"1a|MPI|S|ARI.version|S|1.9.1", ": a request before the init request"},
      {"0|CLOSE|S|reason|S|wrong+credentials", ": wrong credentials"}};
  for (const auto& [line, why] : said) {
    ProxyConnection other = DialHost(port);
    EXPECT_EQ(other.Hear(), kRac);
    other.Say(line);
    EXPECT_EQ(other.Hear(), "<closed>");
    EXPECT_TRUE(EndsIn(listener_.log.Next(), why)) << line;
  }
  // In pieces, and with a request behind it.
  waits.SayRaw("1a|DPI|S|ARI.ver");
  waits.SayRaw("sion|S|1.9.1\r\n2a|SUB|S|snap\r\n3");
  EXPECT_EQ(waits.Hear(), "1a|DPI|S|ARI.version|S|1.9.1");
  EXPECT_EQ(waits.Hear(), "2a|SUB|V");
  waits.Say("a|USB|S|snap");
  EXPECT_EQ(waits.Hear(), "3a|USB|V");
}

// The time of the processor that this process has used.
milliseconds UsedTime() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + milliseconds(time.tv_nsec / 1000000);
}

TEST_F(ListeningHost, DoesNotSpinWhenItCannotAccept) {
  const uint16_t port = Start();
  ProxyConnection c = DialHost(port);
  OpenData(&c);
  const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 4;  // poll() takes no more entries than that, either
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(caller, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const milliseconds used = UsedTime();
  std::this_thread::sleep_for(milliseconds(600));
  EXPECT_LT(UsedTime() - used, milliseconds(60));
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ProxyConnection late(caller);
  EXPECT_EQ(late.Hear(), "<closed>");
}

TEST_F(ListeningHost, SaysThatItsPortIsTakenAndTriesAgain) {
  const uint16_t port = Start();
  HostOptions options = options_;
  FakeListener listener;
  options.listener = &listener;
  options.servers = {"tcp-listen://127.0.0.1:" + std::to_string(port)};
  options.min_backoff = options.max_backoff = milliseconds(1);
  AdapterHost other(provider_, options);
  ASSERT_TRUE(other.Start().ok());
  const std::string taken =
      "connecting cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use";
  EXPECT_TRUE(listener.states.SkipTo(taken));
  host_->Stop();
  EXPECT_EQ(ListeningPort(&listener), port);
  other.Stop();
}

TEST_F(ListeningHost, StopsWhileItWaits) {
  Start();
  host_->Stop();
  EXPECT_EQ(host_->state(), HostState::kStopped);
  EXPECT_TRUE(listener_.states.SkipTo("stopped stopped"));
}

TEST_F(ListeningHost, NeedsNoTlsFilesButForTls) {
  options_.servers = {"tls-listen://:0"};
  const Status started = AdapterHost(provider_, options_).Start();
  ASSERT_FALSE(started.ok());
  const std::string start = "endpoint \"tls-listen://:0\": ";
  EXPECT_TRUE(started.error().message().starts_with(start)) << started.error().message();
}

}  // namespace
}  // namespace penstock::adapter
