// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http/request_head.h"

namespace penstock::ws {

// Whether a request may become a WebSocket. `status` and `text` are those of the refusal: 400 for a
// broken request, 426 for one that is no upgrade or of another version. Whoever answers 426 adds
// kUpgradeRequiredHeaders. Origin is the caller's matter (http::OriginPolicy).
struct UpgradeCheck {
  bool ok = false;
  int status = 0;
  std::string_view text;
  std::string_view key;  // view into the request
};

[[nodiscard]] UpgradeCheck ValidateUpgrade(const http::RequestHead& head);

inline constexpr std::string_view kUpgradeRequiredHeaders =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

// What the client offers in Sec-WebSocket-Protocol, in its order of preference, over all headers of
// that name. Views into the request.
std::vector<std::string_view> OfferedSubprotocols(const http::RequestHead& head);

// The first offer that is in `supported` (names are case-sensitive); empty if none is.
std::string_view ChooseSubprotocol(const http::RequestHead& head,
                                   std::span<const std::string_view> supported);

// Value of Sec-WebSocket-Accept for a key.
std::string AcceptKey(std::string_view key);

// The 101 answer. `subprotocol` may be empty: none was chosen. `rendered_headers`: whole lines,
// each with its CRLF. Extensions are always declined, by not naming any.
void AppendSwitchingProtocols(std::string_view key, std::string_view subprotocol,
                              std::string_view rendered_headers, std::string* out);

}  // namespace penstock::ws
