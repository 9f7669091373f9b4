// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::config {

// Whom a proxy dials.
struct RemoteHost {
  std::string host;  // a name, or a numeric address without brackets
  std::uint16_t port = 0;
  bool operator==(const RemoteHost&) const = default;
};

// "a", "a:6661", "10.0.0.7:6661", "2001:db8::7", "[2001:db8::7]:6661", with commas between; those
// without a port get `port`. Empty if one of them is wrong, or there is none.
std::vector<RemoteHost> ParseRemoteHosts(std::string_view text, std::uint16_t port);

// Letters, digits, dashes, underscores and dots; no name ends as an IPv4 address does.
bool IsHostName(std::string_view text);

}  // namespace penstock::config
