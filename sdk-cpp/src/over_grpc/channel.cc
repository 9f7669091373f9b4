// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

// The contract: pings not more often than this, and so long for the answer.
constexpr milliseconds kLeastPingInterval{10000};
constexpr milliseconds kPongTime{20000};
// gRPC makes no second attempt on a channel of ours: when to try again is the node's.
constexpr milliseconds kNever{std::numeric_limits<int>::max()};

int ToInt(int64_t number) {
  return static_cast<int>(std::clamp<int64_t>(number, 0, std::numeric_limits<int>::max()));
}

Result<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(const TlsOptions& tls) {
  namespace tls_api = grpc::experimental;
  tls_api::TlsChannelCredentialsOptions options;
  std::string authorities;
  if (!tls.ca_file.empty()) {
    Result<std::string> read = ReadWholeFile(tls.ca_file);
    if (!read) return read.error();
    authorities = std::move(read).value();
    options.watch_root_certs();
  }
  std::vector<tls_api::IdentityKeyCertPair> own;
  if (!tls.certificate_file.empty()) {
    Result<std::string> certificate = ReadWholeFile(tls.certificate_file);
    if (!certificate) return certificate.error();
    Result<std::string> key =
        ReadWholeFile(tls.key_file.empty() ? tls.certificate_file : tls.key_file);
    if (!key) return key.error();
    own.push_back({std::move(key).value(), std::move(certificate).value()});
    options.watch_identity_key_cert_pairs();
  }
  if (!authorities.empty() || !own.empty()) {
    options.set_certificate_provider(
        std::make_shared<tls_api::StaticDataCertificateProvider>(authorities, own));
  }
  options.set_verify_server_certs(true);
  if (tls.check_host_name) {
    options.set_certificate_verifier(std::make_shared<tls_api::HostNameCertificateVerifier>());
  } else {
    options.set_certificate_verifier(std::make_shared<tls_api::NoOpCertificateVerifier>());
    options.set_check_call_host(false);
  }
  return tls_api::TlsCredentials(options);
}

std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return Error("cannot read " + path);
  return text;
}

Result<std::shared_ptr<grpc::Channel>> NewChannel(const Endpoint& endpoint,
                                                  const HostOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  grpc::ChannelArguments arguments;
  if (endpoint.tls) {
    auto made = TlsCredentials(options.tls);
    if (!made) return made.error();
    credentials = std::move(made).value();
    if (!options.tls.server_name.empty()) {
      arguments.SetSslTargetNameOverride(options.tls.server_name);
    }
  }
  // Each adapter has a connection of its own, so that a busy one holds up no other.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  for (const char* const name :
       {GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
        GRPC_ARG_MAX_RECONNECT_BACKOFF_MS}) {
    arguments.SetInt(name, ToInt(kNever.count()));
  }
  arguments.SetMaxReceiveMessageSize(ToInt(static_cast<int64_t>(options.max_line_bytes)));
  arguments.SetMaxSendMessageSize(-1);
  const milliseconds interval = options.keepalive.value_or(kLeastPingInterval);
  if (interval > milliseconds(0)) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                     ToInt(std::max(interval, kLeastPingInterval).count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ToInt(kPongTime.count()));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  return grpc::CreateCustomChannel(HostAndPort(endpoint.host, endpoint.port), credentials,
                                   arguments);
}

std::string Authorization(const HostOptions& options) {
  if (!options.password) return {};
  if (!options.user) return "Bearer " + *options.password;
  return "Basic " + Base64(*options.user + ':' + *options.password);
}

}  // namespace penstock::adapter
