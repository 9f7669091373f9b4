// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "adapters/grant_rules.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

enum class FailureKind : std::uint8_t {
  kUnexpected,    // E, an answer that cannot be read, or one that does not belong to the call
  kTimeout,       // no answer in time
  kDisconnected,  // no remote adapter, or it went away
  kAccess,        // EA
  kUnavailable,   // ER
  kCredits,       // EC
  kConflict,      // EX
  kItems,         // EI
  kSchema,        // ES
  kNotification,  // EN
  kSelector,      // of a protocol that knows selectors
};

// Why a call failed.
struct Failure {
  FailureKind kind = FailureKind::kUnexpected;
  std::string message{};         // for the log
  int client_code = 0;           // with kCredits, kConflict
  std::string client_message{};  // the same
  std::string other_session{};   // with kConflict
  // There is no answer, or none that says no: the remote adapter may have done what was asked.
  bool may_be_done = false;
};

template <class T>
using Outcome = std::variant<T, Failure>;
// Called exactly once; for a call made while the link is not ready, before the call returns.
template <class T>
using Done = absl::AnyInvocable<void(Outcome<T>)>;

struct UserProfile {  // NUS, NUA
  double max_bandwidth_kbps = 0;
  bool wants_tables = false;
};
struct SessionProfile {  // NNS
  int ttl_seconds = 0;   // 0 or less: no limit
};
struct TableProfile {  // NNT
  bool enable_unsubscription = false;
  bool wants_final_statistics = false;
};
struct Void {};  // NTC, NSC, NUM

// Why an adapter ends a session, in its own words (FST).
struct AdapterCause {
  int code = 0;  // 0 or less, as it should be
  std::string message{};
};

struct ItemData {  // GIT
  int distinct_snapshot_length = 0;
  double min_source_frequency = 0;
  ModeSet modes = 0;
};
struct UserItemData {  // GUI
  int buffer_size = 0;
  double max_frequency = 0;
  ModeSet modes = 0;
};

using UserName = std::optional<std::string>;

// The way to a remote Metadata Adapter, over whatever protocol: the calls of ari.md section 3.
// Views and references need to live during the call only. Shard: the proxy's.
class MetadataLink {
 public:
  virtual bool ready() const = 0;
  // The questions about items name the Data Adapter; else all Data Adapters' items have the same
  // answers.
  virtual bool names_data_adapters() const = 0;
  // There is somebody to ask what a selector stands for; ARI has no such question.
  virtual bool knows_selectors() const { return false; }

  virtual void NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) = 0;
  virtual void NotifyNewSession(const session::OpenQuery& query, Done<SessionProfile> done) = 0;
  virtual void NotifySessionClose(const std::string& session_id, Done<Void> done) = 0;
  // Of the group of `table`, and next the fields of its schema.
  virtual void GetItems(const UserName& user, const std::string& session_id,
                        const session::Table& table, Done<std::vector<std::string>> done) = 0;
  virtual void GetSchema(const UserName& user, const std::string& session_id,
                         const session::Table& table, Done<std::vector<std::string>> done) = 0;
  // What the selector of `table` stands for.
  virtual void GetSelector(const UserName& /*user*/, const std::string& /*session_id*/,
                           const session::Table& /*table*/,
                           Done<std::shared_ptr<const session::Selection>> done) {
    done(Failure{FailureKind::kSelector, "nobody can be asked about selectors"});
  }
  // `items` not empty; the answer holds one entry each, in order.
  virtual void GetItemData(const std::string& data_adapter, std::span<const std::string> items,
                           Done<std::vector<ItemData>> done) = 0;
  virtual void GetUserItemData(const UserName& user, const std::string& data_adapter,
                               std::span<const std::string> items,
                               Done<std::vector<UserItemData>> done) = 0;
  virtual void NotifyUserMessage(const session::MessageQuery& query,
                                 Done<session::MessageOutcome> done) = 0;
  virtual void NotifyNewTable(const UserName& user, const std::string& session_id,
                              const session::Table& table, Done<TableProfile> done) = 0;
  virtual void NotifyTableClose(const std::string& session_id, const session::Table& table,
                                Done<Void> done) = 0;
  // The session is over, and nobody waits for the answers to what was asked on its behalf only: a
  // protocol that can say so does, and the calls fail. What was told, messages too, stays.
  virtual void DropQuestions(const std::string& session_id) = 0;

 protected:
  ~MetadataLink() = default;
};

// Who is told about the link itself, and does what the remote adapter asks. Shard: the proxy's.
class MetadataLinkUser {
 public:
  virtual void OnReady() = 0;
  // Every call under way fails with kDisconnected behind this. Where a standby has taken over, the
  // link is ready() for it already, and OnReady() follows when they have failed.
  virtual void OnLost() = 0;

  // What it said about items, and users and items, holds no more.
  virtual void OnInvalidated() = 0;

  // FST. `done` is called exactly once, here and in the next.
  virtual void EndSession(std::string session_id, const std::optional<AdapterCause>& cause,
                          Done<Void> done) = 0;
  // FUS. False: not enabled for this subscription.
  virtual void EndSubscription(std::string session_id, int win_index, Done<bool> done) = 0;

 protected:
  ~MetadataLinkUser() = default;
};

}  // namespace penstock::adapters
