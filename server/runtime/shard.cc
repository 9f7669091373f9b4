// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/shard.h"

#include <time.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "base/check.h"

namespace penstock::runtime {

namespace {

constexpr std::size_t kReadBufferSize = 64 * 1024;
// Handlers in one turn. Without a bound a busy shard would never reach the end of its turn.
constexpr int kTurnBudget = 256;
// Turns of mail that a shard may be behind before others rest.
constexpr std::uint32_t kMostUnread = 2;
constexpr auto kLongestWait = std::chrono::seconds(1);
constexpr auto kLoadPeriod = std::chrono::milliseconds(100);

thread_local Shard* current_shard = nullptr;

Duration ThreadCpu() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

Shard::Shard(ShardIndex index, std::size_t shard_count, const Clock& clock)
    : index_(index),
      clock_(clock),
      io_(std::make_unique<asio::io_context>(1)),
      ready_set_(*io_),
      now_(clock.Now()),
      wheel_(now_),
      mail_(shard_count),
      mail_targets_(shard_count),
      read_buffer_(kReadBufferSize) {}

Shard::~Shard() {
  // Handlers may own objects whose destructors still look at the shard.
  current_shard = this;
  deferred_.clear();
  ready_set_.Stop();
  io_.reset();
  current_shard = nullptr;
}

bool Shard::OnThisShard() const { return current_shard == this; }

void Shard::Run() {
  const auto work = asio::make_work_guard(*io_);
  current_shard = this;
  while (!stopped_) RunTurn(kLongestWait);
  current_shard = nullptr;
}

void Shard::RunTurn(Duration wait) {
  Shard* const before = std::exchange(current_shard, this);
  const bool at_once = HasWork();
  const TimePoint start = clock_.Now();
  const TimePoint next = wheel_.NextDeadline();
  if (next != TimePoint::max()) wait = std::min(wait, std::max(next - start, Duration::zero()));
  now_ = start;
  io_->restart();
  if (at_once || wait <= Duration::zero()) {
    io_->poll_one();
  } else {
    // The first handler runs in there too, and asks for the time.
    waited_ = true;
    io_->run_one_for(wait);
    waited_ = false;
  }
  now_ = clock_.Now();
  for (int i = 1; i < kTurnBudget && io_->poll_one() != 0; ++i) {
  }
  ready_set_.RunSoon();
  if (now_ - load_since_ >= kLoadPeriod) MeasureLoad();
  wheel_.Advance(now_);
  EndTurn();
  current_shard = before;
}

bool Shard::HasWork() const {
  if (!mail_[index_].empty() || ready_set_.HasWork()) return true;
  for (const auto& phase : hooks_) {
    for (const TurnHook* hook : phase) {
      if (hook->HasWork()) return true;
    }
  }
  return false;
}

void Shard::MeasureLoad() {
  const Duration cpu = ThreadCpu();
  const double share = static_cast<double>((cpu - load_cpu_).count()) /
                       static_cast<double>((now_ - load_since_).count());
  load_ = load_since_ == TimePoint() ? 0 : std::clamp(0.5 * load_ + 0.5 * share, 0.0, 1.0);
  load_since_ = now_;
  load_cpu_ = cpu;
}

void Shard::EndTurn() {
  ready_set_.Wait();
  // What was mailed to this shard by this shard runs here, in order, before the hooks.
  std::vector<Task> own = std::move(mail_[index_]);
  mail_[index_].clear();
  for (Task& task : own) task();
  for (auto& phase : hooks_) {
    for (std::size_t i = 0; i < phase.size(); ++i) phase[i]->OnEndTurn();
  }
  for (std::size_t i = 0; i < mail_.size(); ++i) {
    if (i == index_ || mail_[i].empty()) continue;
    Shard& target = *mail_targets_[i];
    target.unread_.fetch_add(1, std::memory_order_relaxed);
    asio::post(*target.io_, [&target, batch = std::move(mail_[i])]() mutable {
      target.unread_.fetch_sub(1, std::memory_order_relaxed);
      for (Task& task : batch) task();
    });
    mail_[i].clear();
  }
  if (!deferred_.empty()) {
    std::vector<std::unique_ptr<Deferred>> dying;
    for (auto& object : deferred_) {
      if (object->IsQuiet()) dying.push_back(std::move(object));
    }
    std::erase(deferred_, nullptr);
  }
}

void Shard::Stop() {
  Post([this] { stopped_ = true; });
}

void Shard::Post(Task task) { asio::post(*io_, std::move(task)); }

void Shard::Mail(Shard& destination, Task task) {
  PENSTOCK_DCHECK(OnThisShard());
  mail_targets_[destination.index_] = &destination;
  mail_[destination.index_].push_back(std::move(task));
}

bool Shard::RunsAhead() const {
  return std::any_of(mail_targets_.begin(), mail_targets_.end(), [](const Shard* target) {
    return target != nullptr && target->unread_.load(std::memory_order_relaxed) > kMostUnread;
  });
}

void Shard::DeferDelete(std::unique_ptr<Deferred> object) {
  deferred_.push_back(std::move(object));
}

void Shard::AddHook(TurnPhase phase, TurnHook* hook) {
  hooks_[static_cast<int>(phase)].push_back(hook);
}

void Shard::RemoveHook(TurnPhase phase, TurnHook* hook) {
  std::erase(hooks_[static_cast<int>(phase)], hook);
}

}  // namespace penstock::runtime
