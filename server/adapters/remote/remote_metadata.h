// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "adapters/courier.h"
#include "adapters/remote/metadata_cache.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/reverse_calls.h"
#include "base/string_hash.h"
#include "config/settings.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// A Metadata Adapter in another process, as sessions see it: turns what a session asks into the
// chain of calls that answers it, and what may go wrong into what the client is told
// (ari.md §3.14 and §3.17).
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

  RemoteMetadata(Place place, const std::string& adapter_set,
                 const config::MetadataAdapter& settings);
  ~RemoteMetadata() override;

  // Before the first turn.
  void Connect(MetadataLink* link) { link_ = link; }

  // session::MetadataPort
  void OpenSession(session::OpenQuery query, session::Reply<session::OpenGrant> reply) override;
  void CloseSession(std::string session_id) override;
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override;
  void SendMessage(session::MessageQuery query,
                   session::Reply<session::MessageOutcome> reply) override;
  void CloseTable(std::string session_id, session::Table table) override;

  // MetadataLinkUser
  void OnReady() override;
  void OnLost() override;
  void EndSession(std::string session_id, const std::optional<AdapterCause>& cause,
                  Done<Void> done) override {
    reverse_calls_.EndSession(std::move(session_id), cause, std::move(done));
  }
  void EndSubscription(std::string session_id, int win_index, Done<bool> done) override {
    reverse_calls_.EndSubscription(std::move(session_id), win_index, std::move(done));
  }

 private:
  // A question on its way through the chain, and the shard that asked.
  struct Opening;
  struct Authorization;
  using OpeningPtr = std::unique_ptr<Opening>;
  using AuthorizationPtr = std::unique_ptr<Authorization>;

  void StartOpening(OpeningPtr opening);
  void OnUser(OpeningPtr opening, Outcome<UserProfile> outcome);
  void NotifySession(OpeningPtr opening);
  void OnSession(OpeningPtr opening, Outcome<SessionProfile> outcome);
  tlcp::Error OpenError(const Failure& failure) const;

  void ResolveItems(AuthorizationPtr question);
  void ResolveSchema(AuthorizationPtr question);
  void FetchItemData(AuthorizationPtr question);
  void FetchUserItemData(AuthorizationPtr question);
  void CheckModes(AuthorizationPtr question);
  void OpenTable(AuthorizationPtr question);
  void OnTable(AuthorizationPtr question, const Outcome<TableProfile>& outcome);

  void SendTableClose(const std::string& session_id, const session::Table& table);
  // NSC goes only when every NNT and NTC of the session has been answered.
  void TableDone(const std::string& session_id);
  void SendSessionClose(const std::string& session_id);
  void LogIgnored(std::string_view what, const std::string& session_id,
                  const Outcome<Void>& outcome) const;

  template <class Question, class T>
  void Answer(std::unique_ptr<Question> question, std::variant<T, tlcp::Error> answer);

  // Sessions with tables that are open, opening or closing.
  struct Tables {
    int count = 0;
    bool session_closed = false;
  };

  // Fixed after construction.
  const Courier& courier_;
  runtime::Shard& shard_;
  const config::MetadataAdapter& settings_;
  MetadataLink* link_ = nullptr;

  // State.
  MetadataCache cache_;
  ReverseCalls reverse_calls_;
  absl::flat_hash_map<std::string, Tables, StringHash, std::equal_to<>> tables_;
};

}  // namespace penstock::adapters
