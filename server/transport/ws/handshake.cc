// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/handshake.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>

#include "base/check.h"
#include "transport/http/chars.h"
#include "transport/http/response_writer.h"

namespace penstock::ws {
namespace {

constexpr std::string_view kKeyHeader = "Sec-WebSocket-Key";
constexpr std::string_view kProtocolHeader = "Sec-WebSocket-Protocol";
constexpr std::size_t kSha1Size = 20;

// Kept by each thread: OpenSSL takes longer to find an algorithm than it needs to run this one.
class Sha1 {
 public:
  Sha1() { PENSTOCK_CHECK(algorithm_ != nullptr && context_ != nullptr); }
  ~Sha1() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  std::array<unsigned char, kSha1Size> Of(std::string_view first, std::string_view second) const {
    std::array<unsigned char, kSha1Size> digest;
    PENSTOCK_CHECK(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
                   EVP_DigestUpdate(context_, first.data(), first.size()) == 1 &&
                   EVP_DigestUpdate(context_, second.data(), second.size()) == 1 &&
                   EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1);
    return digest;
  }

 private:
  EVP_MD* const algorithm_ = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  EVP_MD_CTX* const context_ = EVP_MD_CTX_new();
};

UpgradeCheck Refuse(int status, std::string_view text) { return {false, status, text, {}}; }

// Base64 of 16 bytes (RFC 6455 section 4.1).
bool IsKey(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  for (const char c : key.substr(0, 22)) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alnum && c != '+' && c != '/') return false;
  }
  return true;
}

std::size_t Count(const http::RequestHead& head, std::string_view name) {
  std::size_t count = 0;
  for (const http::Header& header : head.headers)
    count += http::EqualsIgnoreCase(header.name, name);
  return count;
}

}  // namespace

// RFC 6455 section 4.2.1.
UpgradeCheck ValidateUpgrade(const http::RequestHead& head) {
  if (!head.upgrade_websocket) return Refuse(426, "only WebSocket is spoken here");
  if (head.method != http::Method::kGet || head.version_minor == 0) {
    return Refuse(400, "a WebSocket begins with GET of HTTP/1.1");
  }
  if (head.has_body()) return Refuse(400, "an upgrade has no body");
  if (Count(head, "Sec-WebSocket-Version") > 1 ||
      head.Find("Sec-WebSocket-Version").value_or("") != "13") {
    return Refuse(426, "WebSocket version 13 is spoken here");
  }
  const std::string_view key = head.Find(kKeyHeader).value_or("");
  if (Count(head, kKeyHeader) != 1 || !IsKey(key)) {
    return Refuse(400, "malformed Sec-WebSocket-Key");
  }
  for (const std::string_view name : OfferedSubprotocols(head)) {
    if (!http::IsAllOfClass(name, http::kTokenChar)) {
      return Refuse(400, "malformed Sec-WebSocket-Protocol");
    }
  }
  return {true, 101, {}, key};
}

std::vector<std::string_view> OfferedSubprotocols(const http::RequestHead& head) {
  std::vector<std::string_view> offers;
  for (const http::Header& header : head.headers) {
    if (!http::EqualsIgnoreCase(header.name, kProtocolHeader)) continue;
    std::string_view list = header.value;
    while (!list.empty()) {
      const std::string_view name = http::TakeListElement(&list);
      if (!name.empty()) offers.push_back(name);
    }
  }
  return offers;
}

std::string_view ChooseSubprotocol(const http::RequestHead& head,
                                   std::span<const std::string_view> supported) {
  for (const std::string_view offer : OfferedSubprotocols(head)) {
    for (const std::string_view name : supported) {
      if (name == offer) return offer;
    }
  }
  return {};
}

std::string AcceptKey(std::string_view key) {
  static constexpr std::string_view kSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  thread_local const Sha1 sha1;
  const std::array<unsigned char, kSha1Size> digest = sha1.Of(key, kSuffix);
  std::array<unsigned char, 32> encoded;  // 28 and the NUL that OpenSSL adds
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), kSha1Size);
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

void AppendSwitchingProtocols(std::string_view key, std::string_view subprotocol,
                              std::string_view rendered_headers, std::string* out) {
  *out +=
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n";
  http::AppendHeader("Sec-WebSocket-Accept", AcceptKey(key), out);
  if (!subprotocol.empty()) http::AppendHeader(kProtocolHeader, subprotocol, out);
  *out += rendered_headers;
  *out += "\r\n";
}

}  // namespace penstock::ws
