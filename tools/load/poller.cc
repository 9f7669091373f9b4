// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace penstock::load {

namespace {

constexpr std::size_t kBatch = 256;

void Control(int epoll, int operation, int descriptor, std::uint32_t events, Pollable* who) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = who;
  ::epoll_ctl(epoll, operation, descriptor, &event);
}

}  // namespace

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
}
Poller::~Poller() { ::close(descriptor_); }

void Poller::Add(int descriptor, std::uint32_t events, Pollable* who) {
  Control(descriptor_, EPOLL_CTL_ADD, descriptor, events, who);
}
void Poller::Change(int descriptor, std::uint32_t events, Pollable* who) {
  Control(descriptor_, EPOLL_CTL_MOD, descriptor, events, who);
}
void Poller::Remove(int descriptor) { Control(descriptor_, EPOLL_CTL_DEL, descriptor, 0, nullptr); }

void Poller::Wait(std::chrono::nanoseconds most) {
  std::array<epoll_event, kBatch> events;
  const auto left = std::max(most, std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec limit{static_cast<time_t>(seconds.count()),
                       static_cast<long>((left - seconds).count())};
  const int count = ::epoll_pwait2(descriptor_, events.data(), kBatch, &limit, nullptr);
  for (int i = 0; i < count; ++i) {
    static_cast<Pollable*>(events[static_cast<std::size_t>(i)].data.ptr)
        ->OnEvents(events[static_cast<std::size_t>(i)].events);
  }
}

}  // namespace penstock::load
