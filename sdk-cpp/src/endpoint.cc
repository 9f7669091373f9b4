// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "endpoint.h"

#include <charconv>
#include <string>

namespace penstock::adapter {
namespace {

constexpr std::string_view kScheme = "tcp://";
constexpr std::string_view kNotify = "notify=";

// 1 to 65535, nothing else around it.
std::optional<uint16_t> ReadPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Error Bad(std::string_view text, std::string_view what) {
  return Error("server \"" + std::string(text) + "\": " + std::string(what));
}

// Splits host:port, [host]:port. False if it is neither.
bool SplitAuthority(std::string_view text, std::string_view* host, std::string_view* port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  *host = text.substr(0, colon);
  *port = text.substr(colon + 1);
  if (host->size() > 2 && host->front() == '[' && host->back() == ']') {
    *host = host->substr(1, host->size() - 2);
    return true;
  }
  return !host->empty() && host->find_first_of("[]:/@") == std::string_view::npos;
}

}  // namespace

Result<Endpoint> ParseEndpoint(std::string_view text) {
  if (text.substr(0, kScheme.size()) != kScheme) return Bad(text, "does not begin with tcp://");
  Endpoint endpoint;
  endpoint.text = text;
  std::string_view rest = text.substr(kScheme.size());
  if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
    const std::string_view query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
    if (query.substr(0, kNotify.size()) != kNotify) return Bad(text, "knows only ?notify=PORT");
    endpoint.notify_port = ReadPort(query.substr(kNotify.size()));
    if (!endpoint.notify_port) return Bad(text, "the notify port is none");
  }
  std::string_view host;
  std::string_view port;
  if (!SplitAuthority(rest, &host, &port)) return Bad(text, "is not tcp://host:port");
  const std::optional<uint16_t> number = ReadPort(port);
  if (!number) return Bad(text, "the port is none");
  endpoint.host = host;
  endpoint.port = *number;
  return endpoint;
}

}  // namespace penstock::adapter
