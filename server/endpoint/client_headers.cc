// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/client_headers.h"

#include <algorithm>

#include "endpoint/connection.h"
#include "endpoint/forwarded_for.h"
#include "transport/http/request_head_parser.h"

namespace penstock::endpoint {

std::vector<std::pair<std::string, std::string>> ClientHeaders(const http::RequestHead& head) {
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(head.headers.size());
  for (const http::Header& header : head.headers) {
    std::string name(header.name);
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const auto known = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    if (known != headers.end()) {
      known->second += ',';
      known->second += header.value;
    } else {
      headers.emplace_back(std::move(name), header.value);
    }
  }
  return headers;
}

std::vector<std::pair<std::string, std::string>> ClientHeaders(std::string_view raw_head) {
  http::RequestHeadParser parser;
  http::RequestHead head;
  http::RequestError error;
  std::size_t consumed = 0;
  const http::HeadLimits limits{raw_head.size(), raw_head.size(), raw_head.size()};
  if (parser.Parse(raw_head, limits, &head, &consumed, &error) != http::ParseResult::kComplete) {
    return {};
  }
  return ClientHeaders(head);
}

session::ClientProfile MakeClientProfile(const Connection& connection,
                                         std::vector<std::pair<std::string, std::string>> headers) {
  session::ClientProfile client;
  const tcp::Endpoint address = connection.client();
  client.ip = tcp::AddressText(address);
  client.port = std::to_string(address.port());
  client.listener = connection.listener().name;
  client.certificate = connection.certificate();
  for (const auto& [name, value] : headers) {
    if (name != kForwardedForHeader) continue;
    client.forwarding_info = ReadForwarded(value, connection.listener().forward_hops).farther;
  }
  client.headers = std::move(headers);
  client.counted = connection.listener().limited();
  return client;
}

}  // namespace penstock::endpoint
