// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace penstock::adapter {

// A few threads that run the provider's calls in the order of their posting.
// Owner: one host. Thread: any may post; the constructor's thread destroys, after all calls have
// ended.
class WorkerPool {
 public:
  // Throws std::system_error if a thread cannot be started.
  explicit WorkerPool(size_t threads);
  ~WorkerPool();

  template <class F>
  void Post(F&& f) {
    Add(std::make_unique<Call<std::decay_t<F>>>(std::forward<F>(f)));
  }

  // Blocks until everything posted has run.
  void WaitIdle();

 private:
  struct Task {
    virtual ~Task() = default;
    virtual void Run() = 0;
  };
  template <class F>
  struct Call : Task {
    explicit Call(F f) : function(std::move(f)) {}
    void Run() override { function(); }
    F function;
  };

  void Add(std::unique_ptr<Task> task);
  void Loop();
  void JoinThreads();

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<std::unique_ptr<Task>> tasks_;
  size_t running_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace penstock::adapter
