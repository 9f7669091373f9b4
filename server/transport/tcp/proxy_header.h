// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transport/tcp/socket.h"

namespace penstock::tcp {

// Longest header of version 1, as the protocol has it.
inline constexpr std::size_t kMaxProxyV1Bytes = 107;
// Longest of version 2 that is taken: addresses, and what proxies add (the largest is a client's
// certificate).
inline constexpr std::size_t kMaxProxyV2Bytes = 4096;

enum class ProxyResult : std::uint8_t { kNeedMore, kDone, kError };

// Reads the header of the PROXY protocol, version 1 or 2, that a proxy sends in front of a
// connection's bytes to tell whose they are. Takes not a byte behind it. Pure; the result is the
// same for every split of the input. For one header.
class ProxyHeaderParser {
 public:
  // `*used`: how many of `bytes` belong to the header; all of them with kNeedMore.
  [[nodiscard]] ProxyResult Consume(std::string_view bytes, std::size_t* used);

  // After kDone: who connected to the proxy. Nothing if the connection is the proxy's own (LOCAL,
  // a health check), or the client has no address of TCP (UNKNOWN, UNIX).
  const std::optional<Endpoint>& client() const { return client_; }
  // After kError; lives for ever.
  std::string_view error() const { return error_; }
  // Nothing has come yet.
  bool empty() const { return kept_.empty(); }

 private:
  ProxyResult Look();
  ProxyResult LookAtV1();
  ProxyResult LookAtV2();
  ProxyResult ReadLine(std::string_view line);
  ProxyResult ReadBlock(std::string_view block);
  ProxyResult Fail(std::string_view error);

  std::string kept_;
  std::optional<Endpoint> client_;
  std::string_view error_;
};

}  // namespace penstock::tcp
