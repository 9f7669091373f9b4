// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "runtime/ready_set.h"
#include "runtime/timer_wheel.h"

namespace asio {
class io_context;
}

namespace penstock::runtime {

using ShardIndex = std::uint32_t;
using Task = absl::AnyInvocable<void()>;

// Something that must outlive the callbacks still on their way to it. DeferDelete() keeps it until
// it says that none is left.
class Deferred {
 public:
  virtual ~Deferred() = default;
  virtual bool IsQuiet() const { return true; }
};

// Work done at the end of each turn, in this order.
enum class TurnPhase : std::uint8_t {
  kRoute,   // adapter events leave for the shards that own their items
  kFanout,  // item updates leave for the shards with subscribers
  kPump,    // sessions write
};
inline constexpr int kTurnPhases = 3;

class TurnHook {
 public:
  virtual ~TurnHook() = default;
  virtual void OnEndTurn() = 0;
  // Something is left for the next turn, which then does not wait.
  virtual bool HasWork() const { return false; }
};

// One thread, one io_context and all that lives on it: listeners, connections, sessions, items,
// one timer wheel. Nothing of a shard is touched by another thread; Post() is the only door in.
//
// A turn: wait for the first ready handler, run more up to a budget, fire timers, run the turn
// hooks, hand mail to other shards (one post per destination), delete what was deferred. One of the
// handlers tells those in the ready set; whoever asked it to be called soon is behind them.
class Shard {
 public:
  Shard(ShardIndex index, std::size_t shard_count, const Clock& clock);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ShardIndex index() const { return index_; }
  // Of this turn; never from before the wait that began it.
  TimePoint now() const {
    if (waited_) {
      waited_ = false;
      now_ = clock_.Now();
    }
    return now_;
  }
  // Share of a core that the shard's thread used lately, 0 to 1.
  double load() const { return load_; }
  asio::io_context& io() { return *io_; }
  ReadySet& ready_set() { return ready_set_; }
  TimerWheel& wheel() { return wheel_; }

  // Runs turns until Stop(). Called by the shard's thread.
  void Run();
  // One turn; waits for work no longer than `wait`. Tests drive a shard with it.
  void RunTurn(Duration wait);
  // Thread-safe.
  void Stop();
  // Runs `task` on this shard, in a later turn. Thread-safe.
  void Post(Task task);

  // To another shard (or, in order behind the running turn, to this one): collected and handed
  // over at the end of the turn. Shard: own.
  void Mail(Shard& destination, Task task);
  // A shard that this one writes to is several turns of mail behind: what comes in from outside and
  // can wait should, or the mail would grow without a bound. Shard: own.
  bool RunsAhead() const;
  // Destroys `object` after the turn, once it is quiet. Shard: own.
  void DeferDelete(std::unique_ptr<Deferred> object);
  // `hook` must outlive the shard's last turn, or be removed. Shard: own, or before Run().
  void AddHook(TurnPhase phase, TurnHook* hook);
  void RemoveHook(TurnPhase phase, TurnHook* hook);

  // Scratch that belongs to whoever runs right now; its content dies with the callback.
  std::span<char> read_buffer() { return read_buffer_; }
  std::string& write_buffer() { return write_buffer_; }

  bool OnThisShard() const;

 private:
  void EndTurn();
  bool HasWork() const;
  void MeasureLoad();

  // Fixed after construction.
  const ShardIndex index_;
  const Clock& clock_;
  std::unique_ptr<asio::io_context> io_;

  // State.
  ReadySet ready_set_;
  mutable TimePoint now_;
  mutable bool waited_ = false;  // time has passed that now_ does not know of
  TimerWheel wheel_;
  bool stopped_ = false;
  double load_ = 0;
  TimePoint load_since_;
  Duration load_cpu_{0};
  std::vector<std::vector<Task>> mail_;  // by destination
  std::vector<Shard*> mail_targets_;
  std::vector<std::unique_ptr<Deferred>> deferred_;
  std::vector<TurnHook*> hooks_[kTurnPhases];
  std::vector<char> read_buffer_;
  std::string write_buffer_;
  // Turns of mail to this shard that have not run yet. All shards look at it and write to it: it
  // shares a cache line with nothing.
  alignas(64) std::atomic<std::uint32_t> unread_ = 0;
};

}  // namespace penstock::runtime
