// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/client_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "adapters/remote/grpc/keepalive.h"
#include "adapters/remote/grpc/stream.h"
#include "transport/tls/pem.h"

namespace penstock::adapters {

namespace {

// When to try again is a Redialer's, and how long one attempt may take a GrpcDialer's.
constexpr int kNever = std::numeric_limits<int>::max();

std::string HostAndPort(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

// "ipv4:10.0.0.7:6661", "ipv6:[fe80::1%25eth0]:6661": nothing to look up.
std::string TargetOf(const tcp::Endpoint& where) {
  std::string address = where.address().to_string();
  if (const auto zone = address.find('%'); zone != std::string::npos)
    address.insert(zone + 1, "25");
  return (where.address().is_v6() ? "ipv6:" : "ipv4:") + HostAndPort(address, where.port());
}

}  // namespace

std::shared_ptr<grpc::Channel> NewClientChannel(
    const tcp::Endpoint& where, const std::string& host, const config::ProxySettings& proxy,
    std::size_t max_message_bytes, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, HostAndPort(host, where.port()));
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  for (const char* const name :
       {GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
        GRPC_ARG_MAX_RECONNECT_BACKOFF_MS}) {
    arguments.SetInt(name, kNever);
  }
  arguments.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<std::size_t>(max_message_bytes, 1u << 30)));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes);
  const GrpcKeepalive keepalive = KeepaliveOf(proxy);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive.ping_after_millis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive.pong_within_millis);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return grpc::CreateCustomChannel(TargetOf(where), credentials, arguments);
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> NewClientCredentials(
    const std::shared_ptr<const tls::Context>& context, bool check_host) {
  if (context == nullptr) return grpc::InsecureChannelCredentials();
  const StatusOr<tls::PemTexts> pem = tls::ToPem(*context);
  if (!pem.ok()) return pem.status();
  namespace tls_api = grpc::experimental;
  tls_api::TlsChannelCredentialsOptions options;
  std::vector<tls_api::IdentityKeyCertPair> own;
  if (!pem->certificate.empty()) {
    own.push_back({pem->key, pem->certificate});
    options.watch_identity_key_cert_pairs();
  }
  if (!pem->authorities.empty()) options.watch_root_certs();
  if (!own.empty() || !pem->authorities.empty()) {
    options.set_certificate_provider(
        std::make_shared<tls_api::StaticDataCertificateProvider>(pem->authorities, own));
  }
  options.set_verify_server_certs(true);
  if (check_host) {
    options.set_certificate_verifier(std::make_shared<tls_api::HostNameCertificateVerifier>());
  } else {
    options.set_certificate_verifier(std::make_shared<tls_api::NoOpCertificateVerifier>());
    options.set_check_call_host(false);
  }
  return tls_api::TlsCredentials(options);
}

}  // namespace penstock::adapters
