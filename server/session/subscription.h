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
#include "session/metadata_port.h"
#include "session/schema.h"
#include "tlcp/request.h"

namespace penstock::session {

class Session;
class Subscription;

// How a control request ended: nothing, or the error for its REQERR. Called exactly once, on the
// session's shard.
using Answer = absl::AnyInvocable<void(std::optional<tlcp::Error>)>;

// One item of one subscription. A filtered MERGE subscription owns no queue and no copy of a value:
// it knows which generation it sent last.
struct SubscribedItem : kernel::Subscriber {
  Subscription* subscription = nullptr;
  SubscribedItem* next_ready = nullptr;  // in the session's queue
  std::uint32_t index = 0;               // from 0
  std::uint32_t sent_generation = 0;
  bool sent_any = false;  // the first update must be complete
  bool queued = false;    // in the session's queue, or waiting for its frequency
};

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

  // Takes the grant over. The items are not attached yet.
  void Activate(SubscribeGrant grant, std::shared_ptr<const Schema> schema);
  // The frequency limits, from what the client wants and the Metadata Adapter allows.
  void ApplyFrequency(const tlcp::Frequency& wanted);
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

 private:
  // Fixed after construction.
  Session& session_;
  const tlcp::Add request_;

  // State.
  State state_ = State::kAuthorizing;
  tlcp::Frequency wanted_frequency_;
  std::shared_ptr<const Schema> schema_;
  std::vector<SubscribedItem> items_;
  std::vector<double> allowed_frequency_;  // by item, 0 = no limit; empty: no limit at all
  std::vector<Pace> paces_;                // by item; empty: no limit at all
  std::vector<std::string> table_items_;   // only while a table is open
};

}  // namespace penstock::session
