// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <set>
#include <string_view>
#include <vector>

#include "delivery/ways.h"

namespace penstock::test {

// Of a subscription that is told each event, as far as its buffer goes: RAW, DISTINCT, and MERGE
// with a buffer or unfiltered.
class EventWays final : public Ways {
 public:
  explicit EventWays(ClientView& view);

  void OnUpdate(TimePoint now) override;
  void OnEndOfSnapshot() override;
  void OnClear() override;
  void OnLoss(std::size_t count) override;
  void Settle() override;
  std::size_t least() const override { return ways_.begin()->at; }
  std::string Describe() const override;

 private:
  struct Way {
    std::size_t at = 0;       // events of the flow that have been dealt with
    std::size_t eos = kNone;  // where the snapshot ends, before its EOS
    bool cleared = false;     // a CS must come next
    bool state = false;       // the state is to come first, as it is at some moment after `at`
    auto operator<=>(const Way&) const = default;
  };

  const std::vector<ModelEvent>& flow() const { return view_.flow(); }
  bool is_clear(std::size_t at) const { return flow()[at].kind == ModelEvent::Kind::kClear; }
  // The ways go on as `next`; none of them: `what` is wrong.
  void Take(std::set<Way> next, std::string_view what);
  // The ways that go on from `way`: those on which OV tells of `count` events.
  void AddLosses(const Way& way, std::size_t count, std::set<Way>* next) const;
  // Those on which the line is of an event behind it.
  void AddEvents(const Way& way, std::set<Way>* next) const;

  // The buffer was too small, and it need not be told: filtered, or the event is of the snapshot.
  bool MayLose(std::size_t at) const;
  // May the event at `at` have been passed over without a word?
  bool MayPass(std::size_t at) const;
  bool MayJump(std::size_t from, std::size_t to) const;
  bool IsUnchanged(const Vector& values) const;
  // What was cleared before it could be told is not told.
  bool IsClearedAfter(std::size_t position) const;
  // The ways, and those on which the state that was to come first was one not to be told.
  std::set<Way> WithoutState() const;
  // The ways, and those that went on over what need not be told.
  std::set<Way> Passed() const;

  ClientView& view_;
  std::set<Way> ways_;
  std::vector<Value> known_;  // what the client has, exactly as the item said it
};

}  // namespace penstock::test
