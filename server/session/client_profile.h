// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session/metadata_port.h"

namespace penstock::session {

// What a connection knows about the client that wants a session.
struct ClientProfile {
  std::string ip;
  std::string port;
  std::string listener;
  std::string forwarding_info;  // proxies between it and us, as the farther ones told
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::optional<ClientCertificate> certificate;              // present where one is asked for
  bool counted = true;  // false: the limits of addresses and users are not for this client
};

}  // namespace penstock::session
