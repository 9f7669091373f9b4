// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session/session_table.h"
#include "transport/http/request_head.h"

namespace penstock::endpoint {

class Connection;

// Request headers as the Metadata Adapter gets them: names in lower case, repeated ones joined by a
// comma.
std::vector<std::pair<std::string, std::string>> ClientHeaders(const http::RequestHead& head);
// The same of the text of a head that was parsed before.
std::vector<std::pair<std::string, std::string>> ClientHeaders(std::string_view raw_head);

// Who asks for a session on `connection`, with these headers.
session::ClientProfile MakeClientProfile(const Connection& connection,
                                         std::vector<std::pair<std::string, std::string>> headers);

}  // namespace penstock::endpoint
