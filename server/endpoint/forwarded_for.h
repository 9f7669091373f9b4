// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <asio/ip/address.hpp>

#include "transport/http/request_head.h"

namespace penstock::endpoint {

inline constexpr std::string_view kForwardedForHeader = "x-forwarded-for";

// What X-Forwarded-For tells. Each HTTP proxy appends the address that it was reached from, so the
// last entries are of our own proxies and can be trusted; what is farther, anybody may have
// written.
struct Forwarded {
  std::optional<asio::ip::address> client;
  bool junk = false;         // there is an entry for the client, but it is no address
  std::string_view farther;  // entries beyond it; into the list
};

// `hops`: our own proxies in front, so the client is the entry that the farthest of them wrote. If
// there are fewer entries, some of them were passed by, and it is the farthest entry. With 0 hops
// nobody is trusted, and all entries are beyond.
Forwarded ReadForwarded(std::string_view list, std::size_t hops);

// All such headers of a request as one list.
std::string ForwardedList(const http::RequestHead& head);

}  // namespace penstock::endpoint
