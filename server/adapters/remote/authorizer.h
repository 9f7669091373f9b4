// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "adapters/courier.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/close_notifier.h"
#include "adapters/remote/metadata_cache.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/reverse_calls.h"
#include "adapters/remote/table_order.h"
#include "adapters/request_gate.h"
#include "base/string_hash.h"
#include "config/settings.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// Told to a client whose request is one too many.
inline constexpr char kTooManyRequests[] = "Server overloaded, please try again later";

// Asks a remote Metadata Adapter whether a session may have a subscription, and how: items of the
// group, fields of the schema, limits of items and user, notice of the new table (GIS, GSC, GIT,
// GUI, NNT; ari.md §3.14).
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
    RequestGate& gate;  // of subscriptions on Data Adapters that have none of their own
  };

  Authorizer(Place place, const config::AdapterSet& set);
  ~Authorizer();

  // Before the first turn.
  void Connect(MetadataLink* link) { link_ = link; }

  // No question begins, and no table is opened, until Release().
  void Hold();
  void Release();

  void Authorize(session::SubscribeQuery query, session::Reply<session::SubscribeGrant> reply);

 private:
  // A question on its way through the chain, and the shard that asked.
  struct Question;
  using QuestionPtr = std::unique_ptr<Question>;
  // By the name of the Data Adapter.
  using Gates =
      absl::flat_hash_map<std::string, std::unique_ptr<RequestGate>, StringHash, std::equal_to<>>;

  static Gates MakeGates(const config::AdapterSet& set);
  RequestGate& GateOf(const session::SubscribeQuery& query);
  static void LeaveGate(Question& question);

  void Start(QuestionPtr question);
  void ResolveItems(QuestionPtr question);
  void ResolveSchema(QuestionPtr question);
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
  const Gates gates_;
  MetadataLink* link_ = nullptr;
};

}  // namespace penstock::adapters
