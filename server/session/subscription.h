// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "kernel/local_item.h"
#include "session/key_paces.h"
#include "session/log_cursor.h"
#include "session/metadata_port.h"
#include "session/options.h"
#include "session/schema.h"
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
  Subscription* subscription = nullptr;
  SubscribedItem* next_ready = nullptr;  // in the session's queue
  kernel::Generation sent_generation : 61 = 0;
  bool sent_any : 1 = false;  // the first update must be complete
  bool queued : 1 = false;    // in the session's queue
  bool paced : 1 = false;     // waiting for its frequency

  void SetSent(kernel::Generation generation) {
    sent_generation = generation & ((kernel::Generation{1} << 61) - 1);
  }
};
static_assert(sizeof(SubscribedItem) == 40, "there may be millions");

// When an item with a frequency limit may be sent again.
struct Pace {
  Duration interval{0};  // 0 = no limit
  TimePoint due{};
};

// A subscription of a session. Owned by the session; the items know it by address. Shard: own.
class Subscription {
 public:
  enum class State : std::uint8_t {
    kAuthorizing,  // the Metadata Adapter is asked
    kAttaching,    // the shards that own the items are asked
    kActive,
  };

  Subscription(Session& session, tlcp::Add request)
      : session_(session), request_(std::move(request)) {}
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  Session& session() const { return session_; }
  const tlcp::Add& request() const { return request_; }
  int id() const { return request_.sub_id; }
  State state() const { return state_; }
  const Schema& schema() const { return *schema_; }
  std::vector<SubscribedItem>& items() { return items_; }
  Pace* PaceOf(std::uint32_t index) { return paces_.empty() ? nullptr : &paces_[index]; }

  // COMMAND: where the schema has the two fields, from 1; 0: it does not.
  int key_position() const { return key_position_; }
  int command_position() const { return command_position_; }

  // What was granted; `server` holds what the operator allows. The items are not attached yet.
  void Prepare(const SubscribeGrant& grant, std::shared_ptr<const Schema> schema,
               const Options& server);
  // All items are attached, and the client is told.
  void Activate() { state_ = State::kActive; }
  kernel::View view() const;
  FeedKind feed() const { return feed_; }
  // No update may be merged or dropped: RAW, or wanted so. What is lost is told (TLCP §6.6).
  bool unfiltered() const {
    return request_.mode == tlcp::Mode::kRaw ||
           request_.max_frequency.kind == tlcp::Frequency::Kind::kUnfiltered;
  }

  // Null unless the Metadata Adapter wants them at the end.
  ItemStatistics* StatisticsOf(std::uint32_t index) {
    return statistics_.empty() ? nullptr : &statistics_[index];
  }

  // Null for kLatest.
  LogCursor* CursorOf(std::uint32_t index) { return cursors_.empty() ? nullptr : &cursors_[index]; }
  // COMMAND; FindPaces() is null where no row has waited so far.
  KeyPaces* FindPaces(std::uint32_t index) {
    return key_paces_.empty() ? nullptr : key_paces_[index].get();
  }
  KeyPaces& PacesOf(std::uint32_t index);

  // The frequency limits, from what the client wants and the Metadata Adapter and the server allow.
  void ApplyFrequency(const tlcp::Frequency& wanted, TimePoint now);
  // The highest limit in force over the items, for CONF; nothing = unlimited.
  std::optional<double> TopFrequency() const;
  // As the Metadata Adapter knows it.
  Table MakeTable() const;

  // Answers that wait for the Metadata Adapter.
  std::vector<Answer> waiting_adds;
  std::vector<Answer> waiting_deletes;
  // Tells this use of the id from a later one.
  std::uint32_t serial = 0;
  // The Metadata Adapter is to be told of the end.
  bool table_open = false;
  // The Metadata Adapter may end it.
  bool enable_unsubscription = false;

 private:
  void ApplyLimits(const std::vector<ItemLimits>& limits, const Options& server);

  // Fixed after construction.
  Session& session_;
  const tlcp::Add request_;

  // State.
  State state_ = State::kAuthorizing;
  FeedKind feed_ = FeedKind::kLatest;
  int key_position_ = 0;
  int command_position_ = 0;
  tlcp::Frequency wanted_frequency_;
  std::shared_ptr<const Schema> schema_;
  std::vector<SubscribedItem> items_;
  double server_frequency_ = 0;            // 0 = no limit
  std::vector<double> allowed_frequency_;  // by item, 0 = no limit; empty: no limit at all
  std::vector<Pace> paces_;                // by item; empty: no limit at all
  std::vector<LogCursor> cursors_;         // by item; empty for kLatest
  std::vector<std::unique_ptr<KeyPaces>> key_paces_;  // by item; empty: none so far
  std::vector<std::string> table_items_;              // only while a table is open
  std::vector<ItemStatistics> statistics_;            // the same; empty: not wanted
};

}  // namespace penstock::session
