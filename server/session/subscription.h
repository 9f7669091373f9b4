// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/prefetch.h"
#include "kernel/local_item.h"
#include "session/key_paces.h"
#include "session/log_cursor.h"
#include "session/metadata_port.h"
#include "session/options.h"
#include "session/schema.h"
#include "session/selecting.h"
#include "session/shared_text.h"
#include "tlcp/request.h"

namespace penstock::session {

class Session;
class Subscription;

// How a control request ended: nothing, or the error for its REQERR. Called exactly once, on the
// session's shard.
using Answer = absl::AnyInvocable<void(std::optional<tlcp::Error>)>;

// How the items of a subscription become lines (feed.h).
enum class FeedKind : std::uint8_t { kLatest, kLog, kRows };

// One item of one subscription. A filtered MERGE subscription owns no queue and no copy of a value:
// it knows which generation it sent last. The others have a cursor beside it.
struct SubscribedItem : kernel::Subscriber {
  SubscribedItem* next_ready = nullptr;  // in the session's queue
  kernel::Generation sent_generation : 61 = 0;
  bool sent_any : 1 = false;  // the first update must be complete
  bool queued : 1 = false;    // in the session's queue
  bool paced : 1 = false;     // waiting for its frequency

  inline Subscription& subscription() const;
  // It has to be told of news: nothing of it waits for the session's next write or for its time.
  // The rows of COMMAND each have a time of their own.
  inline bool listens() const;
  void SetSent(kernel::Generation generation) {
    sent_generation = generation & ((kernel::Generation{1} << 61) - 1);
  }
};
static_assert(sizeof(SubscribedItem) == 32, "there may be millions");

// The items of a subscription, in one piece of memory that begins with whose they are: an item that
// knows its index finds the beginning.
class ItemArray {
 public:
  ItemArray() = default;
  ItemArray(Subscription& owner, std::uint32_t size);

  SubscribedItem* begin() const { return items_.get(); }
  SubscribedItem* end() const { return items_.get() + size_; }
  std::uint32_t size() const { return size_; }
  static Subscription& OwnerOf(const SubscribedItem& item) {
    return *reinterpret_cast<Subscription* const*>(&item - item.index)[-1];
  }
  static void PrefetchOwner(const SubscribedItem& item) {
    Prefetch(reinterpret_cast<Subscription* const*>(&item - item.index) - 1);
  }

 private:
  static_assert(alignof(SubscribedItem) == alignof(Subscription*));
  static_assert(std::is_trivially_destructible_v<SubscribedItem>);
  struct Release {
    void operator()(SubscribedItem* first) const {
      ::operator delete(reinterpret_cast<Subscription**>(first) - 1);
    }
  };

  std::unique_ptr<SubscribedItem[], Release> items_;
  std::uint32_t size_ = 0;
};

inline Subscription& SubscribedItem::subscription() const { return ItemArray::OwnerOf(*this); }

// When an item with a frequency limit may be sent again.
struct Pace {
  Duration interval{0};  // 0 = no limit
  TimePoint due{};
  TimePoint earliest{};  // in company

  // From the last update on: whoever asks again gets nothing before its time.
  void SetInterval(Duration other) {
    if (due != TimePoint()) {
      due += other - interval;
      earliest += (other - interval) / 2;
    }
    interval = other;
  }
};

// A subscription of a session. Owned by the session; the items know it by address. What few
// subscriptions need is elsewhere, and there only for those. Shard: own.
class Subscription {
 public:
  enum class State : std::uint8_t {
    kAuthorizing,  // the Metadata Adapter is asked
    kAttaching,    // the shards that own the items are asked
    kActive,
  };
  // Answers that wait for the Metadata Adapter.
  struct Waiting {
    std::vector<Answer> adds;
    std::vector<Answer> deletes;
  };

  // `serial` tells this use of the id from a later one.
  Subscription(Session& session, const tlcp::Add& request, std::uint32_t serial, TextTable& texts);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  Session& session() const { return session_; }
  int id() const { return sub_id_; }
  std::uint32_t serial() const { return serial_; }
  tlcp::Mode mode() const { return mode_; }
  bool wants_snapshot() const { return snapshot_.wanted; }
  std::string_view group() const { return group_.view(); }
  std::string_view data_adapter() const { return data_adapter_.view(); }
  // A repeated request for it.
  bool IsAskedBy(const tlcp::Add& request) const;
  State state() const { return state_; }
  const Schema& schema() const { return *schema_; }
  const ItemArray& items() const { return items_; }
  Pace* PaceOf(std::uint32_t index) {
    return pacing_ == nullptr || pacing_->paces.empty() ? nullptr : &pacing_->paces[index];
  }

  // Until it is active.
  Waiting& waiting() { return *waiting_; }
  std::unique_ptr<Waiting> TakeWaiting() { return std::move(waiting_); }

  // COMMAND: where the schema has the two fields, from 1; 0: it does not.
  int key_position() const { return key_position_; }
  int command_position() const { return command_position_; }

  // What was granted; `server` holds what the operator allows. The items are not attached yet.
  void Prepare(const SubscribeGrant& grant, std::shared_ptr<const Schema> schema,
               const Options& server);
  // After Prepare(): of the items' events and rows only those are told that `selection` takes;
  // `fields` are those it looks at.
  void Select(std::shared_ptr<const Selection> selection, std::vector<kernel::FieldId> fields) {
    selecting_ =
        std::make_unique<Selecting>(std::move(selection), std::move(fields), items_.size());
  }
  // All items are attached, and the client is told.
  void Activate() { state_ = State::kActive; }
  kernel::View view() const;
  FeedKind feed() const { return feed_; }
  // No update may be merged or dropped: RAW, or wanted so. What is lost is told (TLCP §6.6).
  bool unfiltered() const {
    return mode_ == tlcp::Mode::kRaw || max_frequency_.kind == tlcp::Frequency::Kind::kUnfiltered;
  }

  // Null without a selector.
  Selecting* selecting() const { return selecting_.get(); }

  // The Metadata Adapter is to be told of the end.
  bool table_open() const { return open_table_ != nullptr; }
  // The Metadata Adapter may end it.
  bool enable_unsubscription() const { return enable_unsubscription_; }
  // Null unless the Metadata Adapter wants them at the end.
  ItemStatistics* StatisticsOf(std::uint32_t index) {
    return open_table_ == nullptr || open_table_->statistics.empty()
               ? nullptr
               : &open_table_->statistics[index];
  }

  // Null for kLatest.
  LogCursor* CursorOf(std::uint32_t index) const {
    return cursors_ == nullptr ? nullptr : &cursors_[index];
  }
  // What is touched when the item has news.
  void PrefetchParts(std::uint32_t index) const;
  // COMMAND; FindPaces() is null where no row has waited so far.
  KeyPaces* FindPaces(std::uint32_t index) {
    return pacing_ == nullptr || pacing_->keys.empty() ? nullptr : pacing_->keys[index].get();
  }
  KeyPaces& PacesOf(std::uint32_t index);

  // The frequency limits, from what the client wants and the Metadata Adapter and the server allow.
  void ApplyFrequency(const tlcp::Frequency& wanted, TimePoint now);
  // The highest limit in force over the items, for CONF; nothing = unlimited.
  std::optional<double> TopFrequency() const;
  // As the Metadata Adapter knows it.
  Table MakeTable() const;

 private:
  // Limits of the frequency.
  struct Pacing {
    tlcp::Frequency wanted;                       // by the client, as of now
    double server = 0;                            // 0 = no limit
    std::vector<double> allowed;                  // by item, 0 = no limit; empty: no limit at all
    std::vector<Pace> paces;                      // by item; empty: no limit at all
    std::vector<std::unique_ptr<KeyPaces>> keys;  // by item; empty: none so far
  };
  // What the Metadata Adapter is to be told at the end.
  struct OpenTable {
    std::vector<std::string> items;
    std::vector<ItemStatistics> statistics;  // empty: not wanted
  };

  void ApplyLimits(const std::vector<ItemLimits>& limits, const Options& server);
  Pacing& MakePacing();

  // Fixed after construction: what the client asked for.
  Session& session_;
  const SharedText group_;
  const SharedText schema_text_;
  const SharedText data_adapter_;
  const SharedText selector_;
  const tlcp::Frequency max_frequency_;
  const std::optional<tlcp::BufferSize> buffer_size_;
  const tlcp::Snapshot snapshot_;
  const int sub_id_;
  const std::uint32_t serial_;
  const tlcp::Mode mode_;

  // State.
  State state_ = State::kAuthorizing;
  FeedKind feed_ = FeedKind::kLatest;
  bool enable_unsubscription_ = false;
  int key_position_ = 0;
  int command_position_ = 0;
  std::shared_ptr<const Schema> schema_;
  ItemArray items_;
  std::unique_ptr<LogCursor[]> cursors_;  // by item; null for kLatest
  std::unique_ptr<Pacing> pacing_;        // null: no limit
  std::unique_ptr<Selecting> selecting_;  // null: no selector
  std::unique_ptr<OpenTable> open_table_;
  std::unique_ptr<Waiting> waiting_ = std::make_unique<Waiting>();
};
static_assert(sizeof(Subscription) <= 192, "each session has some");

inline bool SubscribedItem::listens() const {
  return !queued && (!paced || subscription().feed() == FeedKind::kRows);
}

}  // namespace penstock::session
