// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/forwarded_for.h"

#include <algorithm>

#include "transport/http/chars.h"

namespace penstock::endpoint {

namespace {

std::string_view Trim(std::string_view text, std::string_view what) {
  const std::size_t first = std::min(text.find_first_not_of(what), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(what) + 1);
}

// "192.0.2.1", "2001:db8::1", and with the port that some proxies add: "192.0.2.1:80",
// "[2001:db8::1]:80".
std::optional<asio::ip::address> ParseEntry(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  // No scope: it means something on the proxy only.
  if (text.find_first_of(std::string_view("%\0", 2)) != std::string_view::npos) return std::nullopt;
  asio::error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

}  // namespace

Forwarded ReadForwarded(std::string_view list, std::size_t hops) {
  constexpr std::string_view kBetween = " \t,";
  Forwarded told;
  told.farther = Trim(list, kBetween);
  std::string_view entry;
  for (; hops > 0 && !told.farther.empty(); --hops) {
    const std::size_t comma = told.farther.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    entry = Trim(told.farther.substr(begin), kBetween);
    told.farther = Trim(told.farther.substr(0, begin), kBetween);
  }
  if (entry.empty()) return told;
  told.client = ParseEntry(entry);
  told.junk = !told.client;
  return told;
}

std::string ForwardedList(const http::RequestHead& head) {
  std::string list;
  for (const http::Header& header : head.headers) {
    if (!http::EqualsIgnoreCase(header.name, kForwardedForHeader)) continue;
    if (!list.empty()) list += ',';
    list += header.value;
  }
  return list;
}

}  // namespace penstock::endpoint
