// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Hosts by name: a resolver that hangs, and addresses that nobody answers at.
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "resolver.h"
#include "unit/sdk-cpp/dialling_server.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/loopback.h"

namespace {

constexpr std::string_view kHangs = "hangs.example";

// Where searches for kHangs wait; its address is then that of the loopback.
class HangingResolver {
 public:
  static HangingResolver& Get() {
    static HangingResolver resolver;
    return resolver;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    searches_ = 0;
  }
  // Returns when all have been let go.
  void Open() {
    std::unique_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    ++searches_;
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(60), [this] { return open_; });
    --waiting_;
    changed_.notify_all();
  }
  bool AwaitSearch() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return searches_ > 0; });
  }
  int searches() {
    const std::lock_guard lock(mutex_);
    return searches_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int searches_ = 0;
  int waiting_ = 0;
};

}  // namespace

// In the place of the system's, for this whole program.
extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints,
                           addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto system = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  const bool hangs = !numeric && host != nullptr && host == kHangs;
  if (hangs) HangingResolver::Get().Wait();
  // One at a time: TSan, which steps aside in the system's function, cannot see the locks in it
  // here.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return system(hangs ? "127.0.0.1" : host, port, hints, found);
}

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HangingLookup : public ::testing::Test {
 protected:
  HangingLookup() {
    HangingResolver::Get().Close();
    options_.listener = &listener_;
    options_.servers = {"tcp://" + std::string(kHangs) + ":" + std::to_string(proxy_.port())};
    options_.min_backoff = options_.max_backoff = milliseconds(1);
  }
  ~HangingLookup() override { HangingResolver::Get().Open(); }

  ScriptedProxy proxy_;
  FakeListener listener_;
  HostOptions options_;
};

TEST_F(HangingLookup, DoesNotHoldUpAStop) {
  AdapterHost host(std::make_shared<FakeData>(), options_);
  ASSERT_TRUE(host.Start().ok());
  ASSERT_TRUE(HangingResolver::Get().AwaitSearch());
  const auto start = std::chrono::steady_clock::now();
  host.Stop(seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(15));
  EXPECT_TRUE(listener_.states.SkipTo("stopped stopped"));
}

TEST_F(HangingLookup, OfAListenerDoesNotHoldUpAStop) {
  options_.servers = {"tcp-listen://" + std::string(kHangs) + ":0"};
  AdapterHost host(std::make_shared<FakeData>(), options_);
  ASSERT_TRUE(host.Start().ok());
  ASSERT_TRUE(HangingResolver::Get().AwaitSearch());
  const auto start = std::chrono::steady_clock::now();
  host.Stop(seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(15));
}

TEST_F(HangingLookup, EndsInTimeAndIsTakenUpAgain) {
  options_.connect_timeout = milliseconds(20);
  AdapterHost host(std::make_shared<FakeData>(), options_);
  ASSERT_TRUE(host.Start().ok());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(listener_.states.SkipTo(
        "connecting cannot resolve \"hangs.example\": Connection timed out"));
  }
  // However long it hangs, it is one.
  EXPECT_EQ(HangingResolver::Get().searches(), 1);
  HangingResolver::Get().Open();
  ProxyConnection c = proxy_.Accept();
  OpenData(&c);
  c.Say("2a|SUB|S|snap");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
  host.Stop(milliseconds(0));
}

TEST(Resolver, NeedsNoSearchForAnAddress) {
  const StopSignal stop;
  const Patience none = PatienceOf(milliseconds(0), stop);
  const auto found = Resolver("127.0.0.1", 7, 0).Look(none);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(AddressText(found->front()), "127.0.0.1:7");
  EXPECT_EQ(AddressText(Resolver("::1", 7, 0).Look(none)->front()), "[::1]:7");
  EXPECT_EQ(AddressText(WithPort(Resolver("::1", 7, 0).Look(none)->front(), 8)), "[::1]:8");
}

TEST(Resolver, SaysWhatItDoesNotFind) {
  const StopSignal stop;
  const auto found = Resolver("host.invalid", 1, 0).Look(PatienceOf(seconds(60), stop));
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(found.error().message().starts_with("cannot resolve \"host.invalid\": "))
      << found.error().message();
}

// A socket with a port where nobody listens yet: connections are refused.
UniqueFd BoundSocket() {
  const SocketAddress any = Loopback(0);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), any.get(), any.size), 0);
  return socket;
}

// A port where connections are asked for and nobody answers: its queue is full.
class DeadPort {
 public:
  DeadPort() : socket_(BoundSocket()) {
    EXPECT_EQ(::listen(socket_.get(), 0), 0);
    for (int i = 0; i < 4; ++i) {
      const UniqueFd& one =
          callers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      const SocketAddress here = address();
      (void)::connect(one.get(), here.get(), here.size);
    }
  }
  SocketAddress address() const { return Loopback(PortOf(socket_.get())); }

 private:
  UniqueFd socket_;
  std::vector<UniqueFd> callers_;
};

TEST(Dial, DeadAddressKeepsNobodyFromTheNext) {
  const StopSignal stop;
  const DeadPort dead;
  const auto alive = Listen({Loopback(0)});
  ASSERT_TRUE(alive.ok());
  const uint16_t port = PortOf(alive->get());
  const auto fd =
      Dial({dead.address(), dead.address(), Loopback(port)}, PatienceOf(seconds(20), stop));
  ASSERT_TRUE(fd.ok()) << fd.error().message();
  EXPECT_EQ(AddressText(*PeerAddress(fd->get())), "127.0.0.1:" + std::to_string(port));
}

TEST(Dial, AddressThatRefusesCostsNoTime) {
  const StopSignal stop;
  const auto alive = Listen({Loopback(0)});
  ASSERT_TRUE(alive.ok());
  const UniqueFd refuses = BoundSocket();
  Addresses addresses(100, Loopback(PortOf(refuses.get())));
  addresses.push_back(Loopback(PortOf(alive->get())));
  EXPECT_TRUE(Dial(addresses, PatienceOf(seconds(20), stop)).ok());
}

TEST(Dial, SaysOfEachAddressWhyItIsNoGood) {
  const StopSignal stop;
  const DeadPort dead;
  const UniqueFd socket = BoundSocket();
  const SocketAddress refuses = Loopback(PortOf(socket.get()));
  const auto fd = Dial({refuses, dead.address()}, PatienceOf(milliseconds(50), stop));
  ASSERT_FALSE(fd.ok());
  EXPECT_EQ(fd.error().message(), AddressText(refuses) + ": Connection refused; " +
                                      AddressText(dead.address()) + ": Connection timed out");
  EXPECT_EQ(Dial({}, PatienceOf(seconds(20), stop)).error().message(), "the host has no address");
}

TEST(Dial, EndsWhenTheHostIsStopped) {
  StopSignal stop;
  const DeadPort dead;
  stop.Raise(milliseconds(0));
  EXPECT_EQ(Dial({dead.address()}, PatienceOf(seconds(20), stop)).error().message(), "stopped");
}

}  // namespace
}  // namespace penstock::adapter
