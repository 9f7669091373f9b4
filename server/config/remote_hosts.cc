// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/remote_hosts.h"

#include <algorithm>
#include <optional>

#include "base/parse_number.h"
#include "config/checks.h"
#include "config/xml_params.h"

namespace penstock::config {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLabel && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

std::optional<RemoteHost> ParseOne(std::string_view text, std::uint16_t port) {
  std::string_view host = text;
  std::string_view digits;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    digits = text.substr(end + 1);
    if (!digits.empty() && (digits[0] != ':' || digits.size() == 1)) return std::nullopt;
    digits.remove_prefix(std::min<std::size_t>(1, digits.size()));
  } else if (const std::size_t colon = text.find(':');
             colon != std::string_view::npos &&
             text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
    digits = text.substr(colon + 1);
    if (digits.empty()) return std::nullopt;
  }
  if (!digits.empty()) {
    const auto number = ParseNumber<std::uint16_t>(digits);
    if (!number || *number == 0) return std::nullopt;
    port = *number;
  }
  if (!IsHostName(host) && !CheckAddress(std::string(host)).empty()) return std::nullopt;
  return RemoteHost{std::string(host), port};
}

}  // namespace

std::vector<RemoteHost> ParseRemoteHosts(std::string_view text, std::uint16_t port) {
  std::vector<RemoteHost> hosts;
  for (const std::string& one : Split(text, ",")) {
    const auto host = ParseOne(one, port);
    if (!host) return {};
    // Named twice it is the same one, and never a reason to dial nobody.
    if (std::find(hosts.begin(), hosts.end(), *host) == hosts.end()) hosts.push_back(*host);
  }
  return hosts;
}

bool IsHostName(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kLongestName) return false;
  std::string_view label;
  do {
    const std::size_t dot = std::min(text.find('.'), text.size());
    label = text.substr(0, dot);
    if (!IsLabel(label)) return false;
    text.remove_prefix(std::min(dot + 1, text.size()));
  } while (!text.empty());
  return label.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace penstock::config
