// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/cors.h"

#include <cstdint>

#include "base/parse_number.h"
#include "transport/http/chars.h"
#include "transport/http/response_writer.h"

namespace penstock::http {
namespace {

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLowerAscii(c);
  return lower;
}

struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

// `host`, `host:port`, `[::1]:port`. Nothing when there is no host, or junk.
std::optional<Authority> SplitAuthority(std::string_view text) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  Authority authority;
  authority.host = text.substr(0, colon);
  if (colon != std::string_view::npos) authority.port = text.substr(colon + 1);
  if (!IsAllOfClass(authority.host, kHostChar)) return std::nullopt;
  return authority;
}

std::string_view DefaultPort(std::string_view scheme) {
  if (EqualsIgnoreCase(scheme, "http")) return "80";
  if (EqualsIgnoreCase(scheme, "https")) return "443";
  return {};
}

bool IsScheme(std::string_view text) {
  if (text.empty() || ToLowerAscii(text[0]) < 'a' || ToLowerAscii(text[0]) > 'z') return false;
  for (const char c : text) {
    const char lower = ToLowerAscii(c);
    const bool fit = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                     c == '-' || c == '.';
    if (!fit) return false;
  }
  return true;
}

bool IsPort(std::string_view text) { return ParseNumber<std::uint16_t>(text).value_or(0) > 0; }

bool EndsWithIgnoreCase(std::string_view text, std::string_view end) {
  return text.size() > end.size() && EqualsIgnoreCase(text.substr(text.size() - end.size()), end);
}

}  // namespace

std::optional<OriginPolicy::Rule> OriginPolicy::ParseRule(std::string_view entry) {
  Rule rule;
  const std::size_t mark = entry.find("://");
  if (mark != std::string_view::npos) {
    if (!IsScheme(entry.substr(0, mark))) return std::nullopt;
    rule.scheme = ToLower(entry.substr(0, mark));
    entry.remove_prefix(mark + 3);
    rule.port = DefaultPort(rule.scheme);
  }
  const std::optional<Authority> authority = SplitAuthority(entry);
  if (!authority) return std::nullopt;
  if (authority->port) {
    if (!IsPort(*authority->port)) return std::nullopt;
    rule.port = *authority->port;
  }
  rule.wildcard = authority->host.starts_with("*.");
  rule.host = ToLower(authority->host.substr(rule.wildcard ? 1 : 0));
  if (rule.host.find('*') != std::string::npos || rule.host == ".") return std::nullopt;
  return rule;
}

std::optional<OriginPolicy> OriginPolicy::Create(std::span<const std::string> entries,
                                                 std::string* bad_entry) {
  OriginPolicy policy;
  for (const std::string& entry : entries) {
    if (entry == "*") {
      policy.any_ = true;
      continue;
    }
    std::optional<Rule> rule = ParseRule(entry);
    if (!rule) {
      *bad_entry = entry;
      return std::nullopt;
    }
    policy.rules_.push_back(*std::move(rule));
  }
  return policy;
}

bool OriginPolicy::Allows(std::optional<std::string_view> origin, std::string_view host,
                          bool secure) const {
  if (any_ || !origin) return true;
  const std::size_t mark = origin->find("://");
  if (mark == std::string_view::npos) return false;
  const std::string_view scheme = origin->substr(0, mark);
  if (!IsScheme(scheme)) return false;
  const std::optional<Authority> from = SplitAuthority(origin->substr(mark + 3));
  if (!from) return false;
  const std::string_view port = from->port.value_or(DefaultPort(scheme));
  return IsOwnOrigin(scheme, from->host, port, host, secure) ||
         MatchesRule(scheme, from->host, port);
}

bool OriginPolicy::IsOwnOrigin(std::string_view scheme, std::string_view origin_host,
                               std::string_view origin_port, std::string_view host, bool secure) {
  const bool https = EqualsIgnoreCase(scheme, "https");
  if (!https && (secure || !EqualsIgnoreCase(scheme, "http"))) return false;
  const std::optional<Authority> own = SplitAuthority(host);
  return own && EqualsIgnoreCase(own->host, origin_host) &&
         own->port.value_or(DefaultPort(scheme)) == origin_port;
}

bool OriginPolicy::MatchesRule(std::string_view scheme, std::string_view origin_host,
                               std::string_view origin_port) const {
  for (const Rule& rule : rules_) {
    if (!rule.scheme.empty() && !EqualsIgnoreCase(rule.scheme, scheme)) continue;
    if (!rule.port.empty() && rule.port != origin_port) continue;
    const bool host_fits = rule.wildcard ? EndsWithIgnoreCase(origin_host, rule.host)
                                         : EqualsIgnoreCase(origin_host, rule.host);
    if (host_fits) return true;
  }
  return false;
}

void AppendCorsHeaders(std::string_view origin, bool allow_credentials, std::string* out) {
  AppendHeader("Access-Control-Allow-Origin", origin, out);
  *out += "Vary: Origin\r\n";
  if (allow_credentials) *out += "Access-Control-Allow-Credentials: true\r\n";
}

void AppendPreflightHeaders(std::string_view origin, bool allow_credentials,
                            std::string_view extra_headers, std::string* out, int max_age_seconds) {
  AppendCorsHeaders(origin, allow_credentials, out);
  std::string allowed = "Content-Type";
  if (!extra_headers.empty()) {
    allowed += ", ";
    allowed += extra_headers;
  }
  *out += "Access-Control-Allow-Methods: POST, GET, OPTIONS\r\n";
  AppendHeader("Access-Control-Allow-Headers", allowed, out);
  AppendHeader("Access-Control-Max-Age", std::to_string(max_age_seconds), out);
}

}  // namespace penstock::http
