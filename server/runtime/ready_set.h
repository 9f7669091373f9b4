// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/log_pace.h"

namespace asio {
class io_context;
}

namespace penstock::runtime {

// What a descriptor is ready for, in the bits of epoll; kBroken comes unasked.
inline constexpr std::uint32_t kReadable = 0x01;
inline constexpr std::uint32_t kWritable = 0x04;
inline constexpr std::uint32_t kBroken = 0x08 | 0x10;

// Who is told that a descriptor is ready.
class ReadyUser {
 public:
  virtual void OnReady(std::uint32_t events) = 0;

 protected:
  ~ReadyUser() = default;
};

// The descriptors that the objects of a shard wait for: an epoll set of its own that is one
// descriptor to Asio. Told again in each turn for as long as it is so (level-triggered): who waits
// on, as nearly everybody does, says nothing to the kernel, and costs no memory here. Asio's own
// sockets are armed anew for each wait.
//
// Owned by the shard. Shard: own.
class ReadySet {
 public:
  explicit ReadySet(asio::io_context& io);
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  // False, and logged, when the system watches no more descriptors.
  [[nodiscard]] bool Add(int descriptor, std::uint32_t events, ReadyUser* user);
  void Change(int descriptor, std::uint32_t events, ReadyUser* user);
  // No call comes after it.
  void Remove(int descriptor, ReadyUser* user);
  // The same for who has no descriptor here.
  void Forget(ReadyUser* user);
  // Calls OnReady() in this turn or the next, as if all were ready: there is something that the
  // kernel does not know of.
  void CallSoon(ReadyUser* user) { soon_.push_back(user); }

  // For the shard's turn: those of CallSoon(), and afterwards Wait().
  bool HasWork() const { return !soon_.empty(); }
  void RunSoon();
  // Has the next turn look at the descriptors, once one has looked.
  void Wait();
  // Before the io_context goes; then nobody is told any more.
  void Stop();

 private:
  struct Wake;  // the epoll descriptor, as Asio has it
  struct Ready {
    ReadyUser* user;  // null: not any more
    std::uint32_t events;
  };

  void Dispatch();

  std::unique_ptr<Wake> wake_;  // null behind Stop()
  bool waiting_ = false;
  std::vector<Ready> batch_;  // being told
  std::size_t told_ = 0;      // of them
  std::vector<ReadyUser*> soon_;
  std::vector<ReadyUser*> calling_;
  LogPace failures_;
};

}  // namespace penstock::runtime
