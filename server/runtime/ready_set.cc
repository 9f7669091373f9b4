// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/ready_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"

namespace penstock::runtime {

namespace {

static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT && kBroken == (EPOLLERR | EPOLLHUP));

// Told in one turn; the kernel tells the others first the next time.
constexpr int kBatch = 256;

epoll_event EventFor(std::uint32_t events, ReadyUser* user) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = user;
  return event;
}

}  // namespace

struct ReadySet::Wake {
  using AsioDescriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
  AsioDescriptor epoll;
};

ReadySet::ReadySet(asio::io_context& io) {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  PENSTOCK_CHECK(descriptor >= 0);
  wake_ = std::make_unique<Wake>(Wake{Wake::AsioDescriptor(io, descriptor)});
  Wait();
}

ReadySet::~ReadySet() = default;

bool ReadySet::Add(int descriptor, std::uint32_t events, ReadyUser* user) {
  epoll_event event = EventFor(events, user);
  if (::epoll_ctl(wake_->epoll.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0)
    return true;
  const int error = errno;
  if (failures_.Due(SteadyClock().Now())) {
    PENSTOCK_LOG(kConnection, kError, "cannot watch a connection", {"error", std::strerror(error)},
                 {"held_back", failures_.held_back()});
  }
  return false;
}

void ReadySet::Change(int descriptor, std::uint32_t events, ReadyUser* user) {
  epoll_event event = EventFor(events, user);
  ::epoll_ctl(wake_->epoll.native_handle(), EPOLL_CTL_MOD, descriptor, &event);
}

void ReadySet::Remove(int descriptor, ReadyUser* user) {
  if (wake_ != nullptr) {
    ::epoll_ctl(wake_->epoll.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  }
  Forget(user);
}

void ReadySet::Forget(ReadyUser* user) {
  for (std::size_t i = told_; i < batch_.size(); ++i) {
    if (batch_[i].user == user) batch_[i].user = nullptr;
  }
  std::replace(soon_.begin(), soon_.end(), user, static_cast<ReadyUser*>(nullptr));
  std::replace(calling_.begin(), calling_.end(), user, static_cast<ReadyUser*>(nullptr));
}

void ReadySet::RunSoon() {
  calling_.swap(soon_);
  for (std::size_t i = 0; i < calling_.size(); ++i) {
    if (ReadyUser* const user = calling_[i]) user->OnReady(kReadable | kWritable);
  }
  calling_.clear();
}

void ReadySet::Wait() {
  if (waiting_) return;
  waiting_ = true;
  wake_->epoll.async_wait(asio::posix::descriptor_base::wait_read,
                          [this](const asio::error_code& error) {
                            if (error) return;
                            waiting_ = false;
                            Dispatch();
                          });
}

void ReadySet::Stop() { wake_.reset(); }

void ReadySet::Dispatch() {
  std::array<epoll_event, kBatch> events;
  const int count = ::epoll_wait(wake_->epoll.native_handle(), events.data(), kBatch, 0);
  for (int i = 0; i < count; ++i) {
    batch_.push_back({static_cast<ReadyUser*>(events[i].data.ptr), events[i].events});
  }
  for (told_ = 0; told_ < batch_.size();) {
    const Ready ready = batch_[told_++];
    if (ready.user != nullptr) ready.user->OnReady(ready.events);
  }
  batch_.clear();
  told_ = 0;
}

}  // namespace penstock::runtime
