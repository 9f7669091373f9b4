// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>

#include <asio/ip/address.hpp>

#include "base/parse_number.h"

// After "The PROXY protocol", versions 1 and 2, of HAProxy.
namespace penstock::tcp {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kV1Start = "PROXY ";
constexpr std::string_view kV2Start = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kV2Fixed = 16;  // start, version and command, family, length

// Version 2: version in the upper half, command in the lower.
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
// Family in the upper half, kind of socket in the lower.
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kUnixStream = 0x31;
constexpr std::size_t kUnixBytes = 216;

std::uint8_t Byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t BigEndian(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Byte(bytes, at) << 8 | Byte(bytes, at + 1));
}

// Two addresses, then two ports; of the source.
template <class Address>
std::optional<Endpoint> Source(std::string_view block) {
  typename Address::bytes_type bytes;
  if (block.size() < 2 * bytes.size() + 4) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = Byte(block, i);
  return Endpoint(Address(bytes), BigEndian(block, 2 * bytes.size()));
}

// What inet_pton takes, which is stricter than Asio: no scope, no short forms.
std::optional<asio::ip::address> ParseAddress(std::string_view text, bool v6) {
  const std::string terminated(text);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (v6) {
    asio::ip::address_v6::bytes_type bytes;
    if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
    return asio::ip::address_v6(bytes);
  }
  asio::ip::address_v4::bytes_type bytes;
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) != 1) return std::nullopt;
  return asio::ip::address_v4(bytes);
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return ParseNumber<std::uint16_t>(text);
}

// Up to the next blank, which goes too.
std::string_view TakeWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

ProxyResult ProxyHeaderParser::Consume(std::string_view bytes, std::size_t* used) {
  // Byte by byte, once a connection: so that no byte behind the header can be taken, and every
  // split gives the same.
  ProxyResult result = ProxyResult::kNeedMore;
  for (*used = 0; *used < bytes.size() && result == ProxyResult::kNeedMore;) {
    kept_ += bytes[(*used)++];
    result = Look();
  }
  return result;
}

ProxyResult ProxyHeaderParser::Look() {
  for (const std::string_view start : {kV1Start, kV2Start}) {
    const std::size_t size = std::min(start.size(), kept_.size());
    if (start.substr(0, size) != std::string_view(kept_).substr(0, size)) continue;
    if (kept_.size() < start.size()) return ProxyResult::kNeedMore;
    return start == kV1Start ? LookAtV1() : LookAtV2();
  }
  return Fail("no PROXY header");
}

ProxyResult ProxyHeaderParser::LookAtV1() {
  if (kept_.back() != '\n') {
    if (kept_.size() < kMaxProxyV1Bytes) return ProxyResult::kNeedMore;
    return Fail("PROXY header longer than 107 bytes");
  }
  const std::string_view line = kept_;
  if (line[line.size() - 2] != '\r') return Fail("bad line in PROXY header");
  return ReadLine(line.substr(kV1Start.size(), line.size() - kV1Start.size() - 2));
}

ProxyResult ProxyHeaderParser::ReadLine(std::string_view line) {
  const std::string_view family = TakeWord(line);
  if (family == "UNKNOWN") return ProxyResult::kDone;
  if (family != "TCP4" && family != "TCP6") return Fail("unknown family in PROXY header");
  const bool v6 = family == "TCP6";
  const auto source = ParseAddress(TakeWord(line), v6);
  const auto destination = ParseAddress(TakeWord(line), v6);
  const auto source_port = ParsePort(TakeWord(line));
  // The last word: with a blank behind it, it is none.
  const auto destination_port = ParsePort(line);
  if (!source || !destination || !source_port || !destination_port) {
    return Fail("bad address in PROXY header");
  }
  client_ = Endpoint(*source, *source_port);
  return ProxyResult::kDone;
}

ProxyResult ProxyHeaderParser::LookAtV2() {
  if (kept_.size() < kV2Fixed) return ProxyResult::kNeedMore;
  const std::string_view header = kept_;
  const std::size_t total = kV2Fixed + BigEndian(header, kV2Fixed - 2);
  if (header.size() == kV2Fixed) {
    const std::uint8_t command = Byte(header, kV2Start.size());
    if (command != kLocal && command != kProxy) return Fail("unknown command in PROXY header");
    if (total > kMaxProxyV2Bytes) return Fail("PROXY header longer than 4096 bytes");
  }
  if (header.size() < total) return ProxyResult::kNeedMore;
  return ReadBlock(header.substr(kV2Fixed));
}

// What follows the addresses says nothing that matters here.
ProxyResult ProxyHeaderParser::ReadBlock(std::string_view block) {
  if (Byte(kept_, kV2Start.size()) == kLocal) return ProxyResult::kDone;
  switch (Byte(kept_, kV2Start.size() + 1)) {
    case kUnspecified:
      return ProxyResult::kDone;
    case kTcp4:
      client_ = Source<asio::ip::address_v4>(block);
      break;
    case kTcp6:
      client_ = Source<asio::ip::address_v6>(block);
      break;
    case kUnixStream:
      if (block.size() < kUnixBytes) return Fail("short PROXY header");
      return ProxyResult::kDone;
    default:
      return Fail("unknown family in PROXY header");
  }
  return client_ ? ProxyResult::kDone : Fail("short PROXY header");
}

ProxyResult ProxyHeaderParser::Fail(std::string_view error) {
  error_ = error;
  return ProxyResult::kError;
}

}  // namespace penstock::tcp
