// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "outbox.h"

#include <algorithm>
#include <utility>

#include "item_feed.h"
#include "socket.h"

namespace penstock::adapter {
namespace {

// What each of the two buffers keeps when there is nothing to write. A burst beyond it gives its
// memory back.
constexpr size_t kKeptBytes = size_t{1} << 20;

bool WriteAll(Outlet* outlet, std::string_view bytes, NodeCells* cells) {
  while (!bytes.empty()) {
    const size_t n = outlet->Write(bytes);
    if (n == 0) return false;
    cells->writes.Add();
    cells->bytes.Add(n);
    bytes.remove_prefix(n);
  }
  return true;
}

}  // namespace

Outbox::Outbox(size_t max_bytes, std::shared_ptr<NodeCells> cells)
    : max_bytes_(max_bytes), cells_(std::move(cells)), last_write_(Clock::now()) {}

void Outbox::JoinCapacity(std::shared_ptr<Capacity> capacity) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  capacity_ = std::move(capacity);
  capacity_->Join();
}

PushResult Outbox::PushEvent(std::string_view time, std::string_view head, std::string_view tail) {
  std::unique_lock lock(mutex_);
  if (closed_) return PushResult::kClosed;
  if (queue_.size() >= max_bytes_) {
    SetFull(true);
    return PushResult::kFull;
  }
  const bool was_empty = queue_.empty();
  queue_.Reserve(time.size() + head.size() + tail.size());  // all of the line, or nothing
  queue_.Append(time);
  queue_.Append(head);
  queue_.Append(tail);
  ++queued_events_;
  cells_->events.Add();
  lock.unlock();
  if (was_empty) work_.notify_one();
  return PushResult::kOk;
}

bool Outbox::PushAnswer(std::string_view bytes, size_t events) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  queue_.Append(bytes);
  if (events == 0) queued_answer_bytes_ += bytes.size();
  queued_events_ += events;
  lock.unlock();
  work_.notify_one();
  return true;
}

std::optional<uint64_t> Outbox::NoteLagging(std::shared_ptr<ItemFeed> feed) {
  const std::lock_guard lock(mutex_);
  if (closed_) return 0;
  if (queue_.size() < max_bytes_) return std::nullopt;
  SetFull(true);
  lagging_.emplace(++last_ticket_, std::move(feed));
  work_.notify_one();
  return last_ticket_;
}

void Outbox::ForgetLagging(uint64_t ticket) {
  decltype(lagging_)::node_type forgotten;  // its feed outlives the lock
  const std::lock_guard lock(mutex_);
  forgotten = lagging_.extract(ticket);
}

void Outbox::SetKeepalive(std::chrono::milliseconds interval, std::string_view line) {
  const std::lock_guard lock(mutex_);
  keepalive_line_ = line;
  keepalive_ = std::min<std::chrono::milliseconds>(interval, kLongestWait);
  work_.notify_one();
}

void Outbox::Close() {
  decltype(lagging_) dropped;
  const std::lock_guard lock(mutex_);
  if (capacity_ != nullptr) capacity_->Leave(full_);
  capacity_ = nullptr;
  closed_ = true;
  queue_.Clear();
  queue_.Shrink(0);
  queued_answer_bytes_ = 0;
  dropped.swap(lagging_);
  work_.notify_all();
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

bool Outbox::is_closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::string Outbox::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

size_t Outbox::queued_bytes() {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

size_t Outbox::queued_answer_bytes() {
  const std::lock_guard lock(mutex_);
  return queued_answer_bytes_;
}

void Outbox::SetFull(bool full) {
  if (full_ == full) return;
  full_ = full;
  if (capacity_ != nullptr) capacity_->SetFull(full);
}

void Outbox::CatchUp() {
  while (const std::shared_ptr<ItemFeed> feed = NextLagging()) feed->CatchUp(this);
}

std::shared_ptr<ItemFeed> Outbox::NextLagging() {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= max_bytes_) {
    if (!lagging_.empty()) SetFull(true);
    return nullptr;
  }
  if (lagging_.empty()) {
    SetFull(false);
    return nullptr;
  }
  return std::move(lagging_.extract(lagging_.begin()).mapped());
}

bool Outbox::NextBatch(PageBuffer* batch) {
  batch->Clear();
  std::unique_lock lock(mutex_);
  while (!closed_ && queue_.empty() && lagging_.empty() && !finishing_) {
    batch->Shrink(kKeptBytes);
    queue_.Shrink(kKeptBytes);
    if (keepalive_.count() <= 0) {
      work_.wait(lock);
      continue;
    }
    const auto due = last_write_ + keepalive_;
    if (Clock::now() >= due) {
      queue_.Append(keepalive_line_);
      cells_->keepalives.Add();
      break;
    }
    work_.wait_until(lock, due);
  }
  if (closed_ || (queue_.empty() && lagging_.empty())) return false;
  batch->Swap(queue_);
  queued_answer_bytes_ = 0;
  batch_events_ = std::exchange(queued_events_, 0);
  return true;
}

void Outbox::WriterLoop(Outlet* outlet) {
  PageBuffer batch;
  while (NextBatch(&batch)) {
    // Into the room that the batch has left, and not behind the write, which may last for ever.
    CatchUp();
    if (!WriteAll(outlet, batch.view(), cells_.get())) {
      {
        const std::lock_guard lock(mutex_);
        if (!closed_) failure_ = outlet->why_unsent();
      }
      // Wakes the reader, which owns the connection.
      outlet->Shutdown();
      break;
    }
    cells_->events_sent.Add(batch_events_);
    if (!batch.empty()) {
      const std::lock_guard lock(mutex_);
      last_write_ = Clock::now();
    }
  }
  Close();
  const std::lock_guard lock(mutex_);
  writer_done_ = true;
  done_.notify_all();
}

}  // namespace penstock::adapter
