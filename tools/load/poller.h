// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>

namespace penstock::load {

// Who waits for a descriptor.
class Pollable {
 public:
  // EPOLL… events.
  virtual void OnEvents(std::uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

// The one place where the program waits. Owned by the run; one thread.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `who` must stay until Remove().
  void Add(int descriptor, std::uint32_t events, Pollable* who);
  void Change(int descriptor, std::uint32_t events, Pollable* who);
  void Remove(int descriptor);

  // Calls OnEvents() of all that are ready, once; returns when `most` has passed without any.
  void Wait(std::chrono::nanoseconds most);

 private:
  int descriptor_;
};

}  // namespace penstock::load
