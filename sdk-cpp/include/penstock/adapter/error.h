// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "penstock/adapter/export.h"

namespace penstock::adapter {

// The typed refusals. Each is a plain struct that turns into an Error by itself, so that a provider
// writes
//   return CreditsError{"quota", -5, "Too many seats"};
// `message` is for the logs of the two sides; a client sees only what is called client_message.

// The user may not enter. NotifyUser only; the client sees "user/password check failed" (EA).
struct AccessError {
  std::string message = {};
};

// The check cannot be made now, the client shall retry. NotifyUser only (ER; EA for peers
// before 1.9.0).
struct ResourceUnavailableError {
  std::string message = {};
};

// A refusal with a code and a text of the adapter's own, both passed to the client as they are.
// NotifyUser, NewSession, UserMessage and NewTables (EC). Codes above 0 belong to the server: they
// are changed to 0 with a warning in the log.
struct CreditsError {
  std::string message = {};
  int client_code = 0;
  std::optional<std::string> client_message = {};
};

// The user already has a session that should be closed first. NewSession only (EX): the server may
// close `conflicting_session` and ask again, or refuse the client with the code and text.
struct ConflictingSessionError {
  std::string message = {};
  int client_code = 0;
  std::optional<std::string> client_message = {};
  std::string conflicting_session = {};
};

// The item group means nothing. Items, Schema and Selector (EI).
struct ItemsError {
  std::string message = {};
};

// The schema means nothing for that group. Schema and Selector (ES).
struct SchemaError {
  std::string message = {};
};

// The selector means nothing for that group and schema. Selector only, over gRPC.
struct SelectorError {
  std::string message = {};
};

// The call does not fit what was told before. NewSession, SessionClosed, UserMessage, NewTables and
// TablesClosed (EN); after UserMessage the client gets its message refused.
struct NotificationError {
  std::string message = {};
};

// The item cannot be subscribed or unsubscribed. Its clients stay subscribed and see no data (EU).
struct SubscriptionError {
  std::string message = {};
};

// The whole data adapter is unusable; the server drops the connection. Subscribe and Unsubscribe
// (EF).
struct FailureError {
  std::string message = {};
};

// Why a call failed: one of the refusals above, or a plain text.
// Thread: any; an ordinary value. A kind that the call may not answer reaches the server as a plain
// one.
class PENSTOCK_SDK_EXPORT Error {
 public:
  // What goes on the wire; see the struct of the same name.
  enum class Kind {
    kGeneric,
    kAccess,
    kResourceUnavailable,
    kCredits,
    kConflictingSession,
    kItems,
    kSchema,
    kNotification,
    kSubscription,
    kFailure,
    kSelector,
  };

  // A failure without a kind: "unexpected error" for the client (E; EM and ED as the answer of
  // Init).
  explicit Error(std::string message) : message_(std::move(message)) {}

  // Not explicit on purpose: `return AccessError{"..."};` shall do.
  Error(AccessError e) : kind_(Kind::kAccess), message_(std::move(e.message)) {}
  Error(ResourceUnavailableError e)
      : kind_(Kind::kResourceUnavailable), message_(std::move(e.message)) {}
  Error(CreditsError e)
      : kind_(Kind::kCredits),
        message_(std::move(e.message)),
        client_code_(e.client_code),
        client_message_(std::move(e.client_message)) {}
  Error(ConflictingSessionError e)
      : kind_(Kind::kConflictingSession),
        message_(std::move(e.message)),
        client_code_(e.client_code),
        client_message_(std::move(e.client_message)),
        conflicting_session_(std::move(e.conflicting_session)) {}
  Error(ItemsError e) : kind_(Kind::kItems), message_(std::move(e.message)) {}
  Error(SchemaError e) : kind_(Kind::kSchema), message_(std::move(e.message)) {}
  Error(SelectorError e) : kind_(Kind::kSelector), message_(std::move(e.message)) {}
  Error(NotificationError e) : kind_(Kind::kNotification), message_(std::move(e.message)) {}
  Error(SubscriptionError e) : kind_(Kind::kSubscription), message_(std::move(e.message)) {}
  Error(FailureError e) : kind_(Kind::kFailure), message_(std::move(e.message)) {}

  Kind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  int client_code() const { return client_code_; }
  const std::optional<std::string>& client_message() const { return client_message_; }
  const std::string& conflicting_session() const { return conflicting_session_; }

 private:
  Kind kind_ = Kind::kGeneric;
  std::string message_;
  int client_code_ = 0;
  std::optional<std::string> client_message_;
  std::string conflicting_session_;
};

}  // namespace penstock::adapter
