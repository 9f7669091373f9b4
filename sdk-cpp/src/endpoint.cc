// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "endpoint.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace penstock::adapter {
namespace {

struct Scheme {
  std::string_view name;
  Endpoint::Role role;
  bool tls;
  Endpoint::Protocol protocol = Endpoint::Protocol::kAri;
};

constexpr Scheme kSchemes[] = {
    {"tcp", Endpoint::Role::kDial, false},
    {"tls", Endpoint::Role::kDial, true},
    {"tcp-listen", Endpoint::Role::kListen, false},
    {"tls-listen", Endpoint::Role::kListen, true},
    {"grpc", Endpoint::Role::kDial, false, Endpoint::Protocol::kGrpc},
    {"grpcs", Endpoint::Role::kDial, true, Endpoint::Protocol::kGrpc},
    {"grpc-listen", Endpoint::Role::kListen, false, Endpoint::Protocol::kGrpc},
    {"grpcs-listen", Endpoint::Role::kListen, true, Endpoint::Protocol::kGrpc},
};
constexpr std::string_view kLoopback = "127.0.0.1";
constexpr std::string_view kNotify = "notify=";

// Reads one endpoint from left to right. The views are parts of the text, so that an error can say
// where it is.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Endpoint> Parse() {
    endpoint_.text = text_;
    Status status = TakeScheme();
    if (status) status = TakeHost();
    if (status) status = TakePort();
    if (status) status = is_grpc() ? TakeNames() : TakeQuery();
    if (!status) return status.error();
    return std::move(endpoint_);
  }

 private:
  bool is_grpc() const { return endpoint_.protocol == Endpoint::Protocol::kGrpc; }

  Error Fault(std::string_view part, std::string_view what) const {
    const auto at = static_cast<size_t>(part.data() - text_.data()) + 1;
    return Error("endpoint \"" + std::string(text_) + "\", character " + std::to_string(at) + ": " +
                 std::string(what));
  }

  Status TakeScheme() {
    const size_t end = text_.find("://");
    const std::string_view name = text_.substr(0, end);
    for (const Scheme& scheme : kSchemes) {
      if (end == std::string_view::npos || name != scheme.name) continue;
      endpoint_.role = scheme.role;
      endpoint_.tls = scheme.tls;
      endpoint_.protocol = scheme.protocol;
      rest_ = text_.substr(end + 3);
      return {};
    }
    return Fault(
        text_,
        "it begins with tcp://, tls://, grpc:// or grpcs://, or with one of tcp-listen://, "
        "tls-listen://, grpc-listen:// and grpcs-listen://");
  }

  Status TakeHost() {
    std::string_view host;
    if (rest_.starts_with('[')) {
      const size_t close = rest_.find(']');
      if (close == std::string_view::npos) return Fault(rest_, "\"[\" has no \"]\"");
      host = rest_.substr(1, close - 1);
      if (host.find(':') == std::string_view::npos) {
        return Fault(host, "brackets are for IPv6 addresses");
      }
      rest_.remove_prefix(close + 1);
    } else {
      host = rest_.substr(0, rest_.find_first_of(":/?"));
      rest_.remove_prefix(host.size());
      if (const size_t colon = rest_.find(':', 1);
          rest_.starts_with(':') && colon < rest_.find('?')) {
        return Fault(rest_.substr(colon), "an IPv6 address stands in brackets");
      }
    }
    if (host.empty() && !endpoint_.listens()) return Fault(rest_, "the host is missing");
    if (const size_t bad = host.find_first_of(" \t@#\""); bad != std::string_view::npos) {
      return Fault(host.substr(bad), "no host has such a character");
    }
    endpoint_.host = host.empty() ? kLoopback : host;
    return {};
  }

  Status TakePort() {
    if (!rest_.starts_with(':')) return Fault(rest_, "\":\" and a port are missing");
    rest_.remove_prefix(1);
    const std::string_view digits = rest_.substr(0, rest_.find(is_grpc() ? '/' : '?'));
    const Result<uint16_t> port = ReadPort(digits, endpoint_.listens() ? 0 : 1);
    if (!port) return port.error();
    endpoint_.port = *port;
    rest_.remove_prefix(digits.size());
    return {};
  }

  Status TakeQuery() {
    if (rest_.empty()) return {};
    const std::string_view query = rest_.substr(1);
    if (!query.starts_with(kNotify)) return Fault(query, "the only parameter is notify=port");
    if (endpoint_.listens()) {
      return Fault(query, "a server that dials makes one connection, so there is no notify port");
    }
    const Result<uint16_t> port = ReadPort(query.substr(kNotify.size()), 1);
    if (!port) return port.error();
    if (*port == endpoint_.port) return Fault(query, "notify needs a port of its own");
    endpoint_.notify_port = *port;
    return {};
  }

  Status TakeNames() {
    if (rest_.empty() && endpoint_.listens()) return {};
    const std::string_view path = rest_.substr(std::min<size_t>(rest_.size(), 1));
    const size_t slash = path.find('/');
    const std::string_view set = path.substr(0, slash);
    if (set.empty()) return Fault(rest_, "\"/\" and the name of the Adapter Set are missing");
    if (const Status taken = TakeName(set, &endpoint_.adapter_set); !taken) return taken;
    if (slash == std::string_view::npos) return {};
    const std::string_view adapter = path.substr(slash + 1);
    if (adapter.empty()) return Fault(adapter, "the name of the Data Adapter is missing");
    if (const size_t more = adapter.find('/'); more != std::string_view::npos) {
      return Fault(adapter.substr(more), "nothing comes behind the Data Adapter; a \"/\" is %2F");
    }
    return TakeName(adapter, &endpoint_.data_adapter);
  }

  Status TakeName(std::string_view text, std::string* name) const {
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '%') {
        name->push_back(text[at]);
        continue;
      }
      uint8_t byte = 0;
      const char* const digits = text.data() + at + 1;
      const char* const stop = text.data() + std::min(text.size(), at + 3);
      const auto [end, error] = std::from_chars(digits, stop, byte, 16);
      if (error != std::errc() || end != digits + 2) {
        return Fault(text.substr(at), "\"%\" is followed by two hexadecimal digits");
      }
      name->push_back(static_cast<char>(byte));
      at += 2;
    }
    return {};
  }

  Result<uint16_t> ReadPort(std::string_view digits, uint16_t least) const {
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port < least) {
      return Fault(digits, "a port is a number from " + std::to_string(least) + " to 65535");
    }
    return port;
  }

  const std::string_view text_;
  std::string_view rest_;
  Endpoint endpoint_;
};

}  // namespace

Result<Endpoint> ParseEndpoint(std::string_view text) { return Parser(text).Parse(); }

std::string HostAndPort(std::string_view host, uint16_t port) {
  const bool bare = host.find(':') == std::string_view::npos;
  return (bare ? std::string(host) : "[" + std::string(host) + "]") + ":" + std::to_string(port);
}

}  // namespace penstock::adapter
