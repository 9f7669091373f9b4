// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/diff_order.h"
#include "base/prefetch.h"
#include "kernel/command_table.h"
#include "kernel/event.h"
#include "kernel/event_log.h"
#include "kernel/merge_state.h"

namespace penstock::kernel {

class LocalItem;

// A place in the subscriber list of a LocalItem; the session's view of an item derives from it.
struct Subscriber {
  LocalItem* item = nullptr;
  std::uint32_t position = 0;  // among the item's subscribers
  std::uint32_t index = 0;     // among the items of its owner, from 0
};

// Whatever the pump wants to keep beside an item (its cache of encoded tails).
struct ItemAttachment {
  virtual ~ItemAttachment() = default;
};

// An item as one shard with subscribers sees it, in one view: for MERGE the current values and
// their generation, for the other modes (and for MERGE where a subscriber wants each event) the
// last events, for COMMAND the rows. Publishing costs the same however many subscribers there are:
// values are stored, the generation grows, the item is marked once a turn. Who subscribes and
// listens is told by the pump, which compares generations and positions.
//
// Owned by the ItemRegistry of its shard, while it has a subscriber. Shard: the subscribers'.
class LocalItem {
 public:
  enum class Status : std::uint8_t {
    kPending,  // the owner has not answered yet
    kAccepted,
    kRefused,  // the item is in use in another mode
  };

  LocalItem(std::string name, View view);

  const std::string& name() const { return name_; }
  View view() const { return view_; }
  Status status() const { return status_; }
  const std::vector<Subscriber*>& subscribers() const { return subscribers_; }

  // Calls `tell` with each subscriber that listens; those for whom it is false listen no longer:
  // they know that they have to look, and so cost nothing until they have, however much is
  // published. Before each call comes one of `ahead` with this one and those behind it, so that it
  // can fetch what the calls will touch.
  template <class Ahead, class Tell>
  void TellListeners(Ahead ahead, Tell tell) {
    std::array<Subscriber*, 64> next;
    for (std::size_t word = 0; word < listening_.size(); ++word) {
      std::size_t count = 0;
      for (std::uint64_t rest = listening_[word]; rest != 0; rest &= rest - 1) {
        next[count] = subscribers_[64 * word + std::countr_zero(rest)];
        Prefetch(next[count++]);
      }
      for (std::size_t i = 0; i < count; ++i) {
        ahead(std::span<Subscriber* const>(next).subspan(i, count - i));
        if (!tell(*next[i])) SetListening(*next[i], false);
      }
    }
  }
  // Wants to be told again. Whoever is new does.
  void Listen(const Subscriber& subscriber) { SetListening(subscriber, true); }

  // MERGE.
  const MergeState& state() const { return state_; }
  Generation generation() const { return state_.generation(); }
  // The last generation that a real-time event brought; what came before is snapshot.
  Generation realtime_generation() const { return realtime_generation_; }
  // Keeps the events too, from now on; or no longer, when nobody wants them any more.
  void KeepLog();
  void DropLog() { log_.reset(); }
  // Keeps former values of the slot, as bases of differences.
  void KeepPast(std::size_t slot) { state_.KeepPast(slot); }

  // DISTINCT and COMMAND: what the adapter said first is complete. Always true for RAW and MERGE.
  bool snapshot_over() const { return snapshot_over_; }
  // DISTINCT: where in the log it was so.
  Position snapshot_end() const { return snapshot_end_; }

  // Null for MERGE without KeepLog(). Of MERGE its event numbers are the generations.
  EventLog* log() { return log_.get(); }
  const EventLog* log() const { return log_.get(); }
  // Drops what no subscriber needs: those call it who know where each of them stands, when
  // wants_trim() says that enough has come together.
  bool wants_trim() const { return log_ != nullptr && log_->size() >= trim_at_; }
  void Trim(Position keep);

  // COMMAND.
  const CommandTable& table() const { return table_; }

  // Places of fields in the slots of state(), or in the rows of log() and table().
  int Find(FieldId field) const;
  std::size_t field_count() const {
    return view_ == View::kMerge ? state_.slots().size() : fields().size();
  }
  // What the adapter has declared; nothing for a field that it did not name.
  std::optional<DiffOrder> DiffOrderOf(FieldId field) const;
  // Grows whenever DiffOrderOf() may say something else.
  std::uint64_t declarations() const { return declarations_; }
  // An event from before is no base for the next one: another remote adapter may have declared
  // otherwise since.
  std::uint64_t diff_epoch() const { return diff_epoch_; }

  ItemAttachment* attachment() const { return attachment_.get(); }
  void set_attachment(std::unique_ptr<ItemAttachment> made) { attachment_ = std::move(made); }

 private:
  friend class ItemRegistry;

  // True if subscribers have something new to see.
  bool Deliver(const ItemEvent& event);
  bool DeliverUpdate(const ItemEvent& event);
  bool DeliverRow(const ItemEvent& event);
  void Declare(const ItemEvent& event);
  Position end() const { return log_ == nullptr ? Position(generation()) : log_->end(); }
  const FieldTable& fields() const {
    return ModeOf(view_) == Mode::kCommand ? table_.fields() : fields_;
  }
  void Add(Subscriber* subscriber);
  void Remove(Subscriber* subscriber);
  bool IsListening(const Subscriber& subscriber) const {
    return (listening_[subscriber.position / 64] >> (subscriber.position % 64) & 1) != 0;
  }
  void SetListening(const Subscriber& subscriber, bool listening) {
    std::uint64_t& word = listening_[subscriber.position / 64];
    const std::uint64_t bit = std::uint64_t{1} << (subscriber.position % 64);
    word = listening ? word | bit : word & ~bit;
  }

  // Fixed after construction.
  const std::string name_;
  const View view_;

  // State.
  Status status_ = Status::kPending;
  bool dirty_ = false;    // in the registry's list of this turn
  bool settled_ = false;  // in the registry's list of those with an answer
  bool snapshot_over_ = false;
  std::uint32_t history_ = 0;  // DISTINCT: events that stay for later subscribers
  MergeState state_;
  Generation realtime_generation_ = 0;
  FieldTable fields_;  // RAW and DISTINCT
  std::unique_ptr<EventLog> log_;
  std::size_t trim_at_ = 0;
  Position snapshot_end_;
  CommandTable table_;
  Row removed_;  // scratch: the row of an event that is not logged
  struct Declared {
    FieldId field;
    DiffOrder order;
  };
  std::vector<Declared> declared_;
  std::uint64_t declarations_ = 0;
  std::uint64_t diff_epoch_ = 0;
  LocalItemRef self_;
  std::string key_;
  std::vector<Subscriber*> subscribers_;
  std::vector<std::uint64_t> listening_;  // a bit for each of them
  std::unique_ptr<ItemAttachment> attachment_;
};

}  // namespace penstock::kernel
