// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "adapters/courier.h"
#include "adapters/remote/authorizer.h"
#include "adapters/remote/close_notifier.h"
#include "adapters/remote/metadata_cache.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/reverse_calls.h"
#include "adapters/remote/subscription_gates.h"
#include "adapters/remote/table_order.h"
#include "adapters/request_gate.h"
#include "config/settings.h"
#include "runtime/timer_wheel.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// A Metadata Adapter in another process, as sessions see it: turns what a session asks into the
// calls that answer it, and what may go wrong into what the client is told (ari.md §3.14 and
// §3.17). Sessions and messages are done here; subscriptions, ends, and what the adapter itself
// asks for have a class each.
//
// Owned by its proxy. The MetadataPort side may be called on any shard, all else is Shard: the
// proxy's. Each question is answered exactly once, on the shard that asked.
class RemoteMetadata final : public session::MetadataPort, public MetadataLinkUser {
 public:
  // All must outlive this.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    ClientControl& control;
    ProxyCounters& counters;
  };

  // `set` has a Metadata Adapter.
  RemoteMetadata(Place place, const config::AdapterSet& set);
  ~RemoteMetadata() override;

  // Before the first turn.
  void Connect(MetadataLink* link);

  // session::MetadataPort
  void OpenSession(const session::OpenQuery& query,
                   session::Reply<session::OpenGrant> reply) override;
  void CloseSession(std::string session_id, UserName user) override;
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override {
    authorizer_.Authorize(std::move(query), std::move(reply));
  }
  void SendMessage(session::MessageQuery query,
                   session::Reply<session::MessageOutcome> reply) override;
  void CloseTable(std::string session_id, session::Table table) override;

  // MetadataLinkUser
  void OnReady() override;
  void OnLost() override;
  void OnInvalidated() override { cache_.Clear(); }
  void EndSession(std::string session_id, const std::optional<AdapterCause>& cause,
                  Done<Void> done) override {
    reverse_calls_.EndSession(std::move(session_id), cause, std::move(done));
  }
  void EndSubscription(std::string session_id, int win_index, Done<bool> done) override {
    reverse_calls_.EndSubscription(std::move(session_id), win_index, std::move(done));
  }

 private:
  // A question on its way through NUS and NNS, and the shard that asked.
  struct Opening;
  using OpeningPtr = std::unique_ptr<Opening>;

  void StartOpening(OpeningPtr opening);
  void OnUser(OpeningPtr opening, Outcome<UserProfile> outcome);
  void NotifySession(OpeningPtr opening);
  void OnSession(OpeningPtr opening, Outcome<SessionProfile> outcome);
  tlcp::Error OpenError(const Failure& failure) const;
  void TurnAway(OpeningPtr opening);
  void Answer(OpeningPtr opening, std::variant<session::OpenGrant, tlcp::Error> answer);
  void StartMessage(session::MessageQuery query, session::Reply<session::MessageOutcome> answer);
  // Nothing new is asked meanwhile.
  void Hold();
  void Release();

  // Fixed after construction.
  const Place place_;
  const config::MetadataAdapter& settings_;
  MetadataLink* link_ = nullptr;

  // State; those below use those above.
  RequestGate authentications_;
  RequestGate messages_;
  RequestGate requests_;  // all others, but of subscriptions where `gates_` has one of their own
  TableOrder order_;
  MetadataCache cache_;
  ReverseCalls reverse_calls_;
  SubscriptionGates gates_;
  CloseNotifier closes_;
  Authorizer authorizer_;
  runtime::WheelTimer patience_;  // while it is held
};

}  // namespace penstock::adapters
