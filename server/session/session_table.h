// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/string_hash.h"
#include "kernel/field_names.h"
#include "kernel/item_registry.h"
#include "protection/gate.h"
#include "protection/incidents.h"
#include "session/obituaries.h"
#include "session/options.h"
#include "session/pump.h"
#include "session/reception.h"
#include "session/schema.h"
#include "session/session.h"
#include "session/shared_text.h"
#include "tlcp/request.h"

namespace penstock::session {

struct SessionCounters {
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;
  std::uint64_t closed = 0;
  std::uint64_t conflicts = 0;           // sessions to be closed for a newer one of the user
  std::uint64_t recovered = 0;           // binds of clients that had missed something, or may have
  std::uint64_t recoveries_refused = 0;  // what they missed was not kept any more
  std::uint64_t controls_refused = 0;    // limits, and what an adapter did not grant
  std::uint64_t messages = 0;            // accepted
  std::uint64_t messages_refused = 0;    // as repeated or too many
  std::uint64_t messages_skipped = 0;    // did not come in time
  std::uint64_t links_blocked = 0;       // times that a link took no more for a while
  std::uint64_t slow_clients = 0;        // sessions ended because theirs did so for too long
};

// The sessions of one shard, and what they share: pump, schemas, field names, options. One per
// shard; the tables know each other. Owned by the app. Shard: own.
class SessionTable {
 public:
  SessionTable(runtime::Shard& shard, const Options& options, kernel::ItemRegistry& items,
               kernel::FieldRegistry& fields, protection::Gate& gate);
  ~SessionTable();

  // The tables of all shards, by shard index; before the first turn.
  void Connect(std::vector<SessionTable*> all) { all_ = std::move(all); }

  // create_session: asks the Metadata Adapter, then makes the session, with the subscriptions of a
  // combo request. The caller binds it to a link, or closes it.
  void Open(tlcp::CreateSession request, ClientProfile client, OpenReply reply) {
    reception_.Open(std::move(request), std::move(client), std::move(reply));
  }
  // Null if there is no such session on this shard.
  Session* Find(std::string_view id) const;
  // Ends a session of this set on this shard, or one that is about to open; if there is none, it is
  // ended already.
  void End(const std::string& adapter_set, const std::string& id, const tlcp::Error& cause);
  // For ids that Find() does not know, on whatever shard: what a bind and a control request are
  // told. A session may live on another node, or may have ended a moment ago.
  void AppendMissing(std::string_view id, std::string& lines) const;
  tlcp::Error MissingError(std::string_view id) const;
  // The shard of a session, if the id can be one of this node.
  std::optional<runtime::ShardIndex> ShardOf(std::string_view id) const;
  // Ends all sessions, each with `cause`; no other begins any more.
  void CloseAll(const tlcp::Error& cause);

  runtime::Shard& shard() { return shard_; }
  const Options& options() const { return options_; }
  kernel::ItemRegistry& items() { return items_; }
  kernel::FieldNames& field_names() { return field_names_; }
  SchemaTable& schemas() { return schemas_; }
  TextTable& texts() { return texts_; }
  Pump& pump() { return pump_; }
  std::size_t size() const { return sessions_.size(); }
  bool closed() const { return closed_; }
  // The process has as many sessions as it may have.
  bool full() const {
    return options_.max_sessions != 0 &&
           gate_.sessions().load(std::memory_order_relaxed) >= options_.max_sessions;
  }
  SessionCounters& counters() { return counters_; }
  protection::Gate& gate() { return gate_; }
  const protection::Incidents& incidents() const { return incidents_; }
  // Counts something that `client` was refused.
  void Note(protection::Limit limit, std::string_view client) {
    incidents_.Note(limit, client, shard_.now());
  }

 private:
  friend class Reception;
  friend class Session;

  void Create(tlcp::CreateSession request, std::string id, const AdapterSet& set, OpenGrant grant,
              protection::Pass pass, OpenReply reply);
  void OpenCombo(std::string session_id, std::vector<std::variant<tlcp::Control, tlcp::Message>>,
                 OpenReply reply);
  bool IsElsewhere(std::string_view id) const;
  // Closes a session on whatever shard, of this set only if one is named; `done` is called here
  // when that was done.
  void CloseOther(const std::string& id, std::optional<tlcp::Error> cause, runtime::Task done,
                  std::optional<std::string> adapter_set = std::nullopt);
  // Takes a closed session out; it dies after the turn.
  void Retire(Session& session);

  // By their ids.
  struct HashOfId {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return StringHash()(id); }
    std::size_t operator()(const std::unique_ptr<Session>& session) const {
      return StringHash()(session->id());
    }
  };
  struct SameId {
    using is_transparent = void;
    bool operator()(const std::unique_ptr<Session>& a, std::string_view id) const {
      return a->id() == id;
    }
    bool operator()(const std::unique_ptr<Session>& a, const std::unique_ptr<Session>& b) const {
      return a->id() == b->id();
    }
  };

  runtime::Shard& shard_;
  const Options& options_;
  kernel::ItemRegistry& items_;
  protection::Gate& gate_;
  protection::Incidents incidents_;
  Reception reception_;
  std::vector<SessionTable*> all_;
  kernel::FieldNames field_names_;
  SchemaTable schemas_;
  Pump pump_;
  SessionCounters counters_;
  Obituaries obituaries_;
  bool closed_ = false;  // no new sessions
  TextTable texts_;
  absl::flat_hash_set<std::unique_ptr<Session>, HashOfId, SameId> sessions_;
};

}  // namespace penstock::session
