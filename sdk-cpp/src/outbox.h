// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "counters.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/subscription.h"
#include "stream.h"

namespace penstock::adapter {

// The lines that wait to be written to one connection, and the loop that writes them: each time all
// of them, with one system call. Owner: shared by the connection and by the subscription handles
// made on it, which may outlive it. Thread: any may push; one thread runs WriterLoop(). Life: open,
// then closed for ever, by Close(), by a write error, or at the end of Finish().
class Outbox {
 public:
  using Clock = std::chrono::steady_clock;

  Outbox(size_t max_bytes, QueuePolicy policy, std::shared_ptr<CounterCells> counters);

  // Events are bounded: when the queue is full the policy decides.
  PushResult PushEvent(std::string_view line);
  // Answers are not: a peer gets no more of them than it asked for. False when closed.
  bool PushAnswer(std::string_view line);

  // A keepalive line goes out after this much silence; zero: never.
  void SetKeepalive(std::chrono::milliseconds interval);

  // Drops what is queued, wakes all who wait, ends the loop once its system call returns.
  void Close();
  // Ends the loop once everything queued is written. Pushing is still possible until then.
  void Finish();
  // False if the loop has not ended by then.
  bool WaitWriterDone(Clock::time_point deadline);

  // Writes to `stream` until Close(), Finish() or an error. At its end the queue is closed.
  void WriterLoop(Stream* stream);

 private:
  // Waits for work; swaps it into *batch. False: nothing more to write.
  bool NextBatch(std::string* batch);

  const size_t max_bytes_;
  const QueuePolicy policy_;
  const std::shared_ptr<CounterCells> counters_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::condition_variable done_;
  std::string queue_;
  Clock::time_point last_write_;
  std::chrono::milliseconds keepalive_{0};
  bool closed_ = false;
  bool finishing_ = false;
  bool writer_done_ = false;
};

}  // namespace penstock::adapter
