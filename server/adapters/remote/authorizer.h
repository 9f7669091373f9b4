// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "adapters/courier.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/close_notifier.h"
#include "adapters/remote/metadata_cache.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/reverse_calls.h"
#include "adapters/remote/subscription_gates.h"
#include "adapters/remote/table_order.h"
#include "adapters/request_gate.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// Told to a client whose request is one too many.
inline constexpr char kTooManyRequests[] = "Server overloaded, please try again later";

// Asks a remote Metadata Adapter whether a session may have a subscription, and how: items of the
// group, fields of the schema, what the selector stands for, limits of items and user, notice of
// the new table (GIS, GSC, GIT, GUI, NNT; ari.md §3.14).
//
// Owned by RemoteMetadata. Authorize() may be called on any shard, all else is Shard: the proxy's.
// Each question is answered exactly once, on the shard that asked. A place in a gate is held while
// a question has a call under way.
class Authorizer {
 public:
  // All must outlive this.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    ProxyCounters& counters;
    MetadataCache& cache;
    CloseNotifier& closes;
    ReverseCalls& reverse_calls;
    TableOrder& order;
    SubscriptionGates& gates;
  };

  explicit Authorizer(Place place);

  // Before the first turn.
  void Connect(MetadataLink* link) { link_ = link; }

  void Authorize(session::SubscribeQuery query, session::Reply<session::SubscribeGrant> reply);

 private:
  // A question on its way through the chain, and the shard that asked.
  struct Question;
  using QuestionPtr = std::unique_ptr<Question>;

  static void LeaveGate(Question& question);

  void Start(QuestionPtr question);
  void ResolveItems(QuestionPtr question);
  void ResolveSchema(QuestionPtr question);
  void ResolveSelector(QuestionPtr question);
  std::string CacheKey(const Question& question, const std::string& item) const;
  void FetchItemData(QuestionPtr question);
  void FetchUserItemData(QuestionPtr question);
  void CheckModes(QuestionPtr question);
  void OpenTable(QuestionPtr question);
  void NotifyTable(QuestionPtr question);
  void OnTable(QuestionPtr question, const Outcome<TableProfile>& outcome);

  void TurnAway(QuestionPtr question);
  void Refuse(QuestionPtr question, tlcp::Error error);
  void TakeTableBack(QuestionPtr question, tlcp::Error error);
  void Answer(QuestionPtr question, std::variant<session::SubscribeGrant, tlcp::Error> answer);

  // Fixed after construction.
  const Place place_;
  MetadataLink* link_ = nullptr;
};

}  // namespace penstock::adapters
