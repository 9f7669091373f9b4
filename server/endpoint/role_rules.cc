// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/role_rules.h"

#include "endpoint/connection.h"

namespace penstock::endpoint {

namespace {

constexpr std::string_view kElsewhere = "This port is for new sessions: use the control link";

void Note(Connection& connection, std::string_view what) {
  ++connection.endpoint().counters().misplaced_requests;
  connection.endpoint().Complain(Complaints::Kind::kListenerRole, "not allowed on this listener",
                                 {{"client", connection.client_ip()},
                                  {"listener", connection.listener().name},
                                  {"request", what}});
}

bool IsElsewhere(Connection& connection, std::string_view here, std::string_view session_id) {
  return connection.listener().role == Role::kCreateOnly && session_id != here;
}

}  // namespace

std::optional<tlcp::Error> RefuseCreate(Connection& connection) {
  if (connection.listener().role != Role::kControlOnly) return std::nullopt;
  Note(connection, "create_session");
  return tlcp::MakeError(tlcp::SessionCode::kCreationNotAllowed);
}

std::optional<tlcp::Error> RefuseBind(Connection& connection, std::string_view here,
                                      std::string_view session_id) {
  if (!IsElsewhere(connection, here, session_id)) return std::nullopt;
  Note(connection, "bind_session");
  return tlcp::MakeError(tlcp::SessionCode::kSessionElsewhere, kElsewhere);
}

std::optional<tlcp::Error> RefuseControl(Connection& connection, std::string_view here,
                                         std::string_view session_id) {
  if (!IsElsewhere(connection, here, session_id)) return std::nullopt;
  Note(connection, "control");
  return tlcp::MakeError(tlcp::RequestCode::kSessionElsewhere, kElsewhere);
}

}  // namespace penstock::endpoint
