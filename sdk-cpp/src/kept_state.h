// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/subscription.h"

namespace penstock::adapter {

// The bytes that the kept states of a host take together.
// Owner: shared by a host and its items. Thread: any.
struct KeptBudget {
  size_t max_bytes = 0;
  std::atomic<size_t> used{0};
};

// The state of one item, kept for the nodes that come to it later or could not take an event:
// MERGE: the last value of each field; COMMAND: the rows; DISTINCT: the last events.
// Owner: the item's subscription, under whose lock all calls come.
// Invariant: what Replay() tells to a node that has seen everything up to some position brings it
// to the state at the present position.
class KeptState {
 public:
  // How far a node has come: the updates and the clears that it has seen.
  struct Position {
    uint64_t updates = 0;
    uint64_t clears = 0;
  };
  using UpdateSink = std::function<void(std::span<const Field>)>;

  KeptState(StateRule rule, KeptBudget* budget);
  ~KeptState();
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;

  // Decides the kind by an item's first update, if the rule leaves it open (kAuto).
  void Decide(std::span<const Field> fields);
  // kNone as well once the budget was exceeded.
  StateRule::Kind kind() const { return kind_; }
  bool given_up() const { return kind_ == StateRule::Kind::kNone && kind_ != rule_.kind; }
  // The provider itself has said that only the newest values count.
  bool is_declared_merge() const { return rule_.kind == StateRule::Kind::kMerge && !given_up(); }
  const Position& position() const { return position_; }
  // Whether a node that misses another event, after `missed` that it could still be told, can be
  // told that one, too: as it is, or by the values that it leaves.
  bool CanTellAfter(uint64_t missed) const;

  // False if the budget is exceeded: the state is dropped then, for good.
  bool Apply(std::span<const Field> fields);
  void Clear();

  // What a node has to be told that has come as far as `seen`; nullopt: it has seen nothing and
  // needs no clear. Calls `sink` for each update, after `clear` if there must be one first. Returns
  // the number of updates.
  uint64_t Replay(const std::optional<Position>& seen, const std::function<void()>& clear,
                  const UpdateSink& sink) const;

 private:
  struct KeptField {
    std::string name;
    std::optional<std::string> value;
    uint64_t changed = 0;  // by which update
  };
  struct Row {
    std::vector<KeptField> fields;
    uint64_t added = 0;
    uint64_t changed = 0;
  };
  struct Event {
    std::vector<KeptField> fields;
    uint64_t number = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Rows = std::unordered_map<std::string, Row, Hash, std::equal_to<>>;

  void ApplyRow(std::span<const Field> fields);
  void ApplyEvent(std::span<const Field> fields);
  // Stores the fields, but for `command`.
  void Store(std::span<const Field> fields, std::vector<KeptField>* kept);
  void Forget();
  void Grow(size_t bytes);
  void Shrink(size_t bytes);

  uint64_t ReplayMerge(const std::optional<Position>& seen, const std::function<void()>& clear,
                       const UpdateSink& sink) const;
  uint64_t ReplayRows(const std::optional<Position>& seen, const std::function<void()>& clear,
                      const UpdateSink& sink) const;
  uint64_t ReplayEvents(const std::optional<Position>& seen, const std::function<void()>& clear,
                        const UpdateSink& sink) const;
  bool ClearedSince(const std::optional<Position>& seen) const {
    return seen && seen->clears != position_.clears;
  }

  const StateRule rule_;
  StateRule::Kind kind_;
  KeptBudget* const budget_;
  size_t bytes_ = 0;
  Position position_;
  uint64_t deleted_ = 0;  // the last update that deleted a row

  std::vector<KeptField> fields_;
  Rows rows_;
  std::deque<Event> events_;
};

}  // namespace penstock::adapter
