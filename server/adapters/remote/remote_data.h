// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "adapters/courier.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/data_link.h"
#include "adapters/remote/status_item.h"
#include "base/log_pace.h"
#include "base/string_hash.h"
#include "config/settings.h"
#include "kernel/data_source.h"
#include "kernel/event_router.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// A Data Adapter in another process, as the kernel sees it. Knows which items are wanted, whether
// a remote adapter is there or not, and subscribes them again on each new one; what an item goes
// through on a connection is the state machine of ari.md §4.9.
//
// Owned by its proxy. Subscribe() and Unsubscribe() come from any shard and travel to the
// proxy's; all else is Shard: the proxy's. Invariant: an item has a subscription exactly while
// the link is ready and the item is not held back, and only events of that one reach the kernel.
class RemoteData final : public kernel::DataSource, public DataLinkUser {
 public:
  // All must outlive this.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    kernel::EventRouter& router;  // of `shard`
    ProxyCounters& counters;
  };

  RemoteData(Place place, kernel::DataSourceId id, std::string proxy_name,
             config::EventsRecovery recovery, std::optional<std::string> status_item);

  // Before the first turn.
  void Connect(DataLink* link) { link_ = link; }

  // kernel::DataSource
  kernel::DataSourceId id() const override { return id_; }
  void Subscribe(kernel::ItemRef item, std::string name) override;
  void Unsubscribe(kernel::ItemRef item) override;

  // DataLinkUser
  void OnReady() override;
  void OnLost() override;
  void OnSubscribeDone(std::string_view subscription) override;
  bool OnResumed(std::string_view subscription) override;
  void OnSubscribeFailed(std::string_view subscription, std::string_view why) override;
  void OnSubscribeFatal(std::string_view subscription, std::string_view why) override;
  void OnSubscribeTimeout(std::string_view subscription) override;
  void OnUpdate(std::string_view subscription, bool is_snapshot,
                std::span<const kernel::FieldValue> fields) override;
  void OnEndOfSnapshot(std::string_view subscription) override;
  void OnClearSnapshot(std::string_view subscription) override;
  void OnDiffOrder(std::string_view subscription,
                   std::span<const kernel::FieldValue> fields) override;
  void OnResumeToken(std::string_view subscription, std::string_view token) override;

  std::size_t wanted_items() const { return items_.size(); }

 private:
  enum class State : std::uint8_t { kIdle, kSubscribing, kActive, kFailed };
  // Whether a subscription goes on where the last one was: offered until the first event, and taken
  // if the remote adapter says so before.
  enum class Resume : std::uint8_t { kNo, kOffered, kTaken };
  struct Wanted {
    kernel::ItemRef ref;
    std::string name;
    State state = State::kIdle;
    // An event of it has reached the kernel.
    bool told = false;
    // Was told of by a remote adapter that went away, and the snapshot of this one is not over.
    bool recovering = false;
    Resume resume = Resume::kNo;
    // For so many remote adapters in a row its subscription was the end. Held back: none is asked
    // for it for a while.
    int fatal_answers = 0;
    bool held_back = false;
    std::string subscription;  // empty when idle
    std::string resume_token;  // where its flow stands; empty: unknown
  };
  struct RefHash {
    std::size_t operator()(const kernel::ItemRef& ref) const noexcept {
      return absl::HashOf(ref.shard, ref.slot, ref.generation);
    }
  };

  void Want(kernel::ItemRef item, std::string name);
  void Unwant(kernel::ItemRef item);
  void StartSubscription(Wanted& wanted);
  void ReleaseHeldBack();
  // Null, and counted, when an event is of no subscription that is alive.
  Wanted* FindForEvent(std::string_view subscription);
  Wanted* Find(std::string_view subscription);
  void Route(const Wanted& wanted, kernel::EventKind kind);
  void RouteLoss(const Wanted& wanted);

  // Fixed after construction.
  const Place place_;
  const kernel::DataSourceId id_;
  const std::string proxy_name_;
  const config::EventsRecovery recovery_;
  DataLink* link_ = nullptr;

  // State.
  StatusItem status_;
  absl::flat_hash_map<kernel::ItemRef, std::unique_ptr<Wanted>, RefHash> items_;
  absl::flat_hash_map<std::string, Wanted*, StringHash, std::equal_to<>> subscriptions_;
  runtime::WheelTimer hold_;
  LogPace refusals_;
  LogPace timeouts_;
};

}  // namespace penstock::adapters
