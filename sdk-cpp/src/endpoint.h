// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/adapter/result.h"

namespace penstock::adapter {

// Where one server is met, and how: the parsed form of an element of HostOptions::servers.
//
//   tcp://host:port, tls://host:port    the host dials; ?notify=port for two connections
//   tcp-listen://address:port,
//   tls-listen://address:port           the server dials (its remote_host)
//   grpc://host:port/set[/adapter],
//   grpcs://host:port/set[/adapter]     the host dials, for gRPC; the names are those of the
//                                       Adapter Set and the Data Adapter, with %XX where needed
//   grpc-listen://address:port,
//   grpcs-listen://address:port         the server dials, for gRPC; the names may stand behind it,
//                                       and the server minds if they are not its own
//
// An IPv6 address stands in brackets. A listener without an address takes the loopback's, and with
// port 0 one that the system chooses.
struct Endpoint {
  enum class Protocol { kAri, kGrpc };
  enum class Role { kDial, kListen };

  std::string text;  // as it was written, for the log
  Protocol protocol = Protocol::kAri;
  Role role = Role::kDial;
  bool tls = false;
  std::string host;  // a name or an address, without brackets
  uint16_t port = 0;
  std::optional<uint16_t> notify_port = {};
  std::string adapter_set;   // these two with gRPC only; empty if the server knows
  std::string data_adapter;  // the same, or a metadata adapter

  bool listens() const { return role == Role::kListen; }
};

// The error names the endpoint, the part that is wrong and where it stands.
Result<Endpoint> ParseEndpoint(std::string_view text);

// "host:port", with the brackets that an IPv6 address needs.
std::string HostAndPort(std::string_view host, uint16_t port);

}  // namespace penstock::adapter
