// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/entrance.h"

#include <openssl/evp.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <string>

#include "adapters/credentials.h"
#include "base/log.h"
#include "transport/http/chars.h"

namespace penstock::adapters {

namespace {

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 8192) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

GrpcEntrance::GrpcEntrance(runtime::Shard& shard, const config::ProxySettings& proxy,
                           const config::Limits& limits, ProxyCounters& counters)
    : shard_(shard),
      proxy_(proxy),
      counters_(counters),
      allow_list_(shard, proxy.address_allow_list, proxy.name),
      guard_(limits) {}

bool GrpcEntrance::MayCome(const GrpcPeer& peer) const {
  asio::error_code error;
  return allow_list_.MayContain(asio::ip::make_address(peer.address, error));
}

std::optional<GrpcEntrance::Refusal> GrpcEntrance::Check(const GrpcPeer& peer) {
  asio::error_code error;
  if (!allow_list_.Contains(asio::ip::make_address(peer.address, error))) {
    counters_.addresses_refused.Add();
    allow_list_.OnRefusal();
    return Refusal{GrpcStatus::kPermissionDenied, "the address is not on the allow list"};
  }
  if (!IsNamed(peer)) {
    counters_.credentials_refused.Add();
    return Refusal{GrpcStatus::kPermissionDenied,
                   "the certificate is for none of the names of this adapter"};
  }
  if (!proxy_.auth) return std::nullopt;
  if (guard_.TurnsAway(peer.address, shard_.now())) {
    counters_.credentials_refused.Add();
    return Refusal{GrpcStatus::kUnauthenticated, "too many wrong credentials, try again later"};
  }
  if (IsKnown(peer)) {
    guard_.OnRight(peer.address);
    return std::nullopt;
  }
  guard_.OnWrong(peer.address, shard_.now());
  counters_.credentials_refused.Add();
  return Refusal{GrpcStatus::kUnauthenticated, "wrong credentials"};
}

void GrpcEntrance::Refuse(GrpcStream& stream, const Refusal& refusal) {
  counters_.connections_refused.Add();
  if (refusals_.Due(shard_.now())) {
    PENSTOCK_LOG(kAdapter, kWarn, "stream of a remote adapter refused", {"proxy", proxy_.name},
                 {"peer", stream.peer().text}, {"reason", refusal.why},
                 {"held_back", refusals_.held_back()});
  }
  stream.Finish(refusal.status, refusal.why);
}

bool GrpcEntrance::IsNamed(const GrpcPeer& peer) const {
  if (proxy_.certificate_names.empty()) return true;
  return std::any_of(peer.names.begin(), peer.names.end(), [this](const std::string& name) {
    return std::find(proxy_.certificate_names.begin(), proxy_.certificate_names.end(), name) !=
           proxy_.certificate_names.end();
  });
}

// `authorization: Bearer <token>`, or Basic as RFC 7617 has it.
bool GrpcEntrance::IsKnown(const GrpcPeer& peer) const {
  const std::string_view header = peer.authorization;
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view scheme = header.substr(0, space);
  const std::string_view rest = header.substr(space + 1);
  if (http::EqualsIgnoreCase(scheme, "bearer")) return TokenMatches(proxy_.tokens, rest);
  if (!http::EqualsIgnoreCase(scheme, "basic")) return false;
  const std::optional<std::string> pair = DecodeBase64(rest);
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return false;
  return CredentialsMatch(proxy_.credentials, pair->substr(0, colon), pair->substr(colon + 1));
}

}  // namespace penstock::adapters
