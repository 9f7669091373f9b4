// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "kernel/event.h"
#include "session/selection.h"
#include "tlcp/codes.h"

namespace penstock::session {

// The answer of a Metadata Adapter: a value, or the error that the client is to see (already
// translated, ari.md §3.17). Called exactly once, on the shard that asked.
template <class T>
using Reply = absl::AnyInvocable<void(std::variant<T, tlcp::Error>)>;

// The Metadata Adapter wants another session to be closed first (ari.md §3.3, EX).
struct SessionConflict {
  std::string session_id;
  tlcp::Error refusal;  // for the client, if that cannot be done
};

struct OpenGrant {
  double max_bandwidth_kbps = 0;         // 0 = no limit
  bool wants_tables = false;             // NNT and NTC are to be sent for this user
  std::chrono::seconds time_to_live{0};  // 0 = no limit
  // If there is one, nobody is let in yet: the other session is to be closed, and OpenSession() to
  // be called again, with this grant and a new session id.
  std::shared_ptr<const SessionConflict> conflict;
};

// What a client showed on a listener that asks for certificates.
struct ClientCertificate {
  std::optional<std::string> subject;  // RFC 2253; nothing: it showed none
};

// A client asks to enter (NUS or NUA, then NNS).
struct OpenQuery {
  std::string session_id;          // of the session to be
  std::string request_id;          // the same in both calls, and after a conflict
  std::optional<OpenGrant> grant;  // after a conflict: only NNS is due
  std::optional<std::string> user;
  std::optional<std::string> password;
  // Request headers, names in lower case, repeated ones joined by a comma.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string remote_ip;
  std::string remote_port;
  std::string forwarding_info;  // empty: none
  std::string user_agent;
  std::string local_server;  // name of the listener
  std::string client_type;
  std::optional<ClientCertificate> certificate;  // present where one is asked for
};

// What became of the real-time events of an item that a subscription was offered.
struct ItemStatistics {
  std::uint64_t real_time = 0;   // sent
  std::uint64_t lost = 0;        // dropped, and the client was told
  std::uint64_t filtered = 0;    // merged into later ones, or dropped by a limit
  std::uint64_t unselected = 0;  // kept back by the selector
  bool operator==(const ItemStatistics&) const = default;
};

// A subscription as the Metadata Adapter knows it (table descriptor, ari.md §3.8).
struct Table {
  int win_index = 0;  // the client's LS_subId
  kernel::Mode mode = kernel::Mode::kMerge;
  std::string group;
  std::string data_adapter;
  std::string schema;
  std::optional<std::string> selector;
  std::vector<std::string> items;
  std::vector<ItemStatistics> statistics;  // at its end, if the adapter wants them: one an item
};

// A session asks to subscribe (GIS, GSC, GIT, GUI, NNT).
struct SubscribeQuery {
  std::optional<std::string> user;
  std::string session_id;
  bool wants_tables = false;  // as told in OpenGrant
  bool unfiltered = false;
  Table table;  // items empty: to be resolved
};

// 0 = no limit, or none.
struct ItemLimits {
  int distinct_snapshot_length = 0;
  double min_source_frequency = 0;  // updates/s
  int buffer_size = 0;
  double max_frequency = 0;  // updates/s
  // The one mode beside RAW that the item may have; MERGE if there are several.
  kernel::Mode kept_mode = kernel::Mode::kMerge;
};

struct SubscribeGrant {
  std::vector<std::string> items;
  std::vector<std::string> fields;
  std::vector<ItemLimits> limits;                // one an item
  std::shared_ptr<const Selection> selection{};  // of the selector; null: there is none
  bool table_open = false;                       // NNT was accepted: CloseTable() is due at the end
  bool enable_unsubscription = false;
  bool wants_final_statistics = false;
};

// A client's message, for the Metadata Adapter (NUM).
struct MessageQuery {
  std::optional<std::string> user;
  std::string session_id;
  std::string text;
};

struct MessageOutcome {
  std::string response;  // for the client; empty: none
};

// What sessions ask the Metadata Adapter of their Adapter Set; adapters/ implements it, over a
// remote adapter or by the built-in policy. Every call answers within a deadline of its own.
// Shard: any shard; replies come back on the caller's. Outlives every session.
class MetadataPort {
 public:
  virtual ~MetadataPort() = default;

  // `query` may be gone once there is an answer.
  virtual void OpenSession(const OpenQuery& query, Reply<OpenGrant> reply) = 0;
  // Once for each session that OpenSession let in, after its tables are closed. No answer.
  virtual void CloseSession(std::string session_id, std::optional<std::string> user) = 0;
  virtual void Authorize(SubscribeQuery query, Reply<SubscribeGrant> reply) = 0;
  virtual void SendMessage(MessageQuery query, Reply<MessageOutcome> reply) = 0;
  // Once for each grant with table_open. No answer.
  virtual void CloseTable(std::string session_id, Table table) = 0;
};

}  // namespace penstock::session
