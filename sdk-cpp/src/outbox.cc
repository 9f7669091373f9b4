// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "outbox.h"

#include <utility>

#include "ari/method.h"

namespace penstock::adapter {
namespace {

bool WriteAll(Stream* stream, std::string_view bytes, CounterCells* counters) {
  while (!bytes.empty()) {
    const size_t n = stream->Write(bytes);
    if (n == 0) return false;
    CounterCells::Add(counters->writes);
    CounterCells::Add(counters->bytes, n);
    bytes.remove_prefix(n);
  }
  return true;
}

}  // namespace

Outbox::Outbox(size_t max_bytes, QueuePolicy policy, std::shared_ptr<CounterCells> counters)
    : max_bytes_(max_bytes),
      policy_(policy),
      counters_(std::move(counters)),
      last_write_(Clock::now()) {}

PushResult Outbox::PushEvent(std::string_view line) {
  std::unique_lock lock(mutex_);
  if (!closed_ && queue_.size() >= max_bytes_) {
    if (policy_ == QueuePolicy::kRefuse) {
      CounterCells::Add(counters_->events_refused);
      return PushResult::kFull;
    }
    CounterCells::Add(counters_->events_blocked);
    room_.wait(lock, [this] { return closed_ || queue_.size() < max_bytes_; });
  }
  if (closed_) {
    CounterCells::Add(counters_->events_closed);
    return PushResult::kClosed;
  }
  const bool was_empty = queue_.empty();
  queue_.append(line);
  lock.unlock();
  if (was_empty) work_.notify_one();
  CounterCells::Add(counters_->events);
  return PushResult::kOk;
}

bool Outbox::PushAnswer(std::string_view line) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  queue_.append(line);
  lock.unlock();
  work_.notify_one();
  return true;
}

void Outbox::SetKeepalive(std::chrono::milliseconds interval) {
  const std::lock_guard lock(mutex_);
  keepalive_ = interval;
  work_.notify_one();
}

void Outbox::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  queue_.clear();
  work_.notify_all();
  room_.notify_all();
}

void Outbox::Finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  work_.notify_all();
}

bool Outbox::WaitWriterDone(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return done_.wait_until(lock, deadline, [this] { return writer_done_; });
}

bool Outbox::NextBatch(std::string* batch) {
  std::unique_lock lock(mutex_);
  batch->clear();
  while (!closed_ && queue_.empty() && !finishing_) {
    if (keepalive_.count() <= 0) {
      work_.wait(lock);
      continue;
    }
    const auto due = last_write_ + keepalive_;
    if (Clock::now() >= due) {
      queue_.append(ari::kKeepaliveLine);
      CounterCells::Add(counters_->keepalives);
      break;
    }
    work_.wait_until(lock, due);
  }
  if (closed_ || queue_.empty()) return false;
  batch->swap(queue_);
  room_.notify_all();
  return true;
}

void Outbox::WriterLoop(Stream* stream) {
  std::string batch;
  while (NextBatch(&batch)) {
    if (!WriteAll(stream, batch, counters_.get())) {
      // Wakes the reader, which owns the connection.
      stream->Shutdown();
      break;
    }
    const std::lock_guard lock(mutex_);
    last_write_ = Clock::now();
  }
  Close();
  const std::lock_guard lock(mutex_);
  writer_done_ = true;
  done_.notify_all();
}

}  // namespace penstock::adapter
