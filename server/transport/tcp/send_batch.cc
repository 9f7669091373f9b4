// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/send_batch.h"

#include <liburing.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "transport/tcp/socket.h"

namespace penstock::tcp {

namespace {
constexpr unsigned kEntries = 128;
// Of a batch; more than that in one piece is written at once, where the call is the least of it.
constexpr std::size_t kBytes = 128 * 1024;
// Below that, entering the kernel by io_uring costs as much as it saves.
constexpr std::size_t kFew = 3;
constexpr int kFruitless = 1000;  // entries into the kernel
constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
}  // namespace

SendBatch::SendBatch() = default;

SendBatch::~SendBatch() {
  PENSTOCK_DCHECK(entries_.empty());
  if (ring_ != nullptr) io_uring_queue_exit(ring_.get());
}

bool SendBatch::Open(io_uring* ring) {
  // One thread, which takes completions only when it asks for them; kernels before 6.1 know no such
  // thing.
  int error =
      io_uring_queue_init(kEntries, ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
  if (error == -EINVAL) error = io_uring_queue_init(kEntries, ring, 0);
  if (error != 0) {
    PENSTOCK_LOG(kConnection, kInfo, "no io_uring: a system call for each client",
                 {"reason", std::strerror(-error)});
    return false;
  }
  // The first kernels with io_uring, and some sandboxes, cannot send by it.
  io_uring_probe* const probe = io_uring_get_probe_ring(ring);
  const bool sends = probe != nullptr && io_uring_opcode_supported(probe, IORING_OP_SEND) != 0;
  if (probe != nullptr) io_uring_free_probe(probe);
  if (sends) return true;
  io_uring_queue_exit(ring);
  PENSTOCK_LOG(kConnection, kInfo, "no io_uring: a system call for each client",
               {"reason", "it cannot send"});
  return false;
}

void SendBatch::Begin() {
  if (!std::exchange(asked_, true)) {
    auto ring = std::make_unique<io_uring>();
    if (Open(ring.get())) {
      ring_ = std::move(ring);
      bytes_ = std::make_unique_for_overwrite<char[]>(kBytes);
      entries_.reserve(kEntries);
      results_.resize(kEntries);
    }
  }
  open_ = ring_ != nullptr;
}

bool SendBatch::Add(Socket* socket, int descriptor, std::string_view bytes) {
  if (!open_ || bytes.empty() || bytes.size() > kBytes / 4) return false;
  if (entries_.size() == kEntries || used_ + bytes.size() > kBytes) {
    Settle();
    if (!open_) return false;
  }
  std::memcpy(bytes_.get() + used_, bytes.data(), bytes.size());
  entries_.push_back({socket, descriptor, static_cast<std::uint32_t>(used_),
                      static_cast<std::uint32_t>(bytes.size())});
  used_ += bytes.size();
  return true;
}

void SendBatch::Submit() {
  Settle();
  open_ = false;
}

void SendBatch::Settle() {
  if (entries_.empty()) return;
  PENSTOCK_CHECK(!settling_);  // whoever is told must not write: it would all go twice
  settling_ = true;
  entries_.size() <= kFew ? SendOneByOne() : SendByRing();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].socket->OnBatchSent(BytesOf(entries_[i]), results_[i]);
  }
  settling_ = false;
  entries_.clear();
  used_ = 0;
}

void SendBatch::SendOneByOne() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view bytes = BytesOf(entries_[i]);
    const ssize_t sent = ::send(entries_[i].descriptor, bytes.data(), bytes.size(), kFlags);
    results_[i] = sent < 0 ? -errno : static_cast<int>(sent);
  }
}

void SendBatch::SendByRing() {
  const auto count = static_cast<unsigned>(entries_.size());
  for (unsigned i = 0; i < count; ++i) {
    const std::string_view bytes = BytesOf(entries_[i]);
    io_uring_sqe* const entry = io_uring_get_sqe(ring_.get());
    io_uring_prep_send(entry, entries_[i].descriptor, bytes.data(), bytes.size(), kFlags);
    io_uring_sqe_set_data64(entry, i);
  }
  std::fill_n(results_.begin(), count, kUnknown);
  unsigned done = 0;
  for (int fruitless = 0; done < count && fruitless < kFruitless; ++fruitless) {
    // None of them waits, so that all are done when the kernel has seen them.
    const int error = io_uring_submit_and_wait(ring_.get(), count - done);
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(ring_.get(), head, completion) {
      results_[io_uring_cqe_get_data64(completion)] = completion->res;
      ++seen;
    }
    io_uring_cq_advance(ring_.get(), seen);
    done += seen;
    if (seen != 0) fruitless = 0;
    if (error < 0 && error != -EINTR && error != -EAGAIN && error != -EBUSY) break;
  }
  if (done < count) Abandon();
  ++counters_.batches;
  counters_.sends += count;
}

// What the kernel has of it nobody knows: those connections end, and there are no more batches.
void SendBatch::Abandon() {
  PENSTOCK_LOG(kConnection, kError, "io_uring fails: a system call for each client from now on");
  io_uring_queue_exit(ring_.get());
  ring_.reset();
  open_ = false;
}

}  // namespace penstock::tcp
