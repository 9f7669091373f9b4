// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::http {

// Which web pages may use the server, by the `Origin` that browsers send.
// Forms of an entry:
//   *                            every origin, `null` (sandboxed and local pages) included
//   https://www.example.com      exactly that scheme, host and (here the default) port
//   https://*.example.com:8443   every host below example.com, at any depth; not example.com itself
//   *.example.com, example.com   the host with any scheme; any port unless one is named
// Always allowed: a request without Origin (no browser page sent it) and the server's own origin.
// Owner: the configuration. Shard: any; immutable.
class OriginPolicy {
 public:
  // Allows nothing but the two cases above.
  OriginPolicy() = default;

  // Nothing when an entry has none of the forms; `*bad_entry` then names it.
  [[nodiscard]] static std::optional<OriginPolicy> Create(std::span<const std::string> entries,
                                                          std::string* bad_entry);

  // `origin`: value of Origin, nothing if there is none. `host`: RequestHead::host. `secure`: the
  // request came over TLS. On a plain listener the own origin may still be https: a proxy in front
  // may have ended the TLS.
  bool Allows(std::optional<std::string_view> origin, std::string_view host, bool secure) const;

 private:
  struct Rule {
    std::string scheme;  // lower case; empty: any
    std::string host;    // lower case; for a wildcard the part from the dot on
    std::string port;    // empty: any
    bool wildcard = false;
  };

  static std::optional<Rule> ParseRule(std::string_view entry);
  static bool IsOwnOrigin(std::string_view scheme, std::string_view origin_host,
                          std::string_view origin_port, std::string_view host, bool secure);
  bool MatchesRule(std::string_view scheme, std::string_view origin_host,
                   std::string_view origin_port) const;

  bool any_ = false;
  std::vector<Rule> rules_;
};

// Header lines for the answer to a page of an allowed origin: the origin echoed, `Vary: Origin`,
// and the permission to send cookies.
void AppendCorsHeaders(std::string_view origin, bool allow_credentials, std::string* out);

inline constexpr int kPreflightMaxAgeSeconds = 3600;

// The same for the answer to a preflight (`OPTIONS` with Origin), with methods, headers and how
// long the browser may remember. `extra_headers` is a comma-separated list beside Content-Type.
void AppendPreflightHeaders(std::string_view origin, bool allow_credentials,
                            std::string_view extra_headers, std::string* out,
                            int max_age_seconds = kPreflightMaxAgeSeconds);

}  // namespace penstock::http
