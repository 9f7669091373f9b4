// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string_view>

#include "tlcp/codes.h"

// What the role of a connection's listener does not allow, as the error that answers it; counted.
namespace penstock::endpoint {

class Connection;

std::optional<tlcp::Error> RefuseCreate(Connection& connection);

// `here`: the session that was created on this connection, empty if none. A client that comes to a
// listener for new sessions with another one has missed the control link: the session is elsewhere,
// which makes it stop. Told that there is no such session, it would open new ones for ever.
std::optional<tlcp::Error> RefuseBind(Connection& connection, std::string_view here,
                                      std::string_view session_id);
std::optional<tlcp::Error> RefuseControl(Connection& connection, std::string_view here,
                                         std::string_view session_id);

}  // namespace penstock::endpoint
