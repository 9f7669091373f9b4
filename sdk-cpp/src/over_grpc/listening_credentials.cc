// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/listening_credentials.h"

#include <grpc/grpc.h>

#include <utility>

#include "endpoint.h"
#include "over_grpc/channel.h"
#include "tls.h"

namespace penstock::adapter {
namespace {

// What the files hold.
struct Texts {
  std::string certificate;
  std::string key;
  std::string roots;

  std::string all() const { return certificate + '\n' + key + '\n' + roots; }
};

Result<Texts> ReadTexts(const TlsOptions& options) {
  const std::string& key_file =
      options.key_file.empty() ? options.certificate_file : options.key_file;
  Result<std::string> certificate = ReadWholeFile(options.certificate_file);
  if (!certificate) return certificate.error();
  Result<std::string> key = ReadWholeFile(key_file);
  if (!key) return key.error();
  // gRPC wants authorities even where nobody is asked for a certificate.
  Result<std::string> roots =
      options.require_client_certificate ? ReadWholeFile(options.ca_file) : certificate;
  if (!roots) return roots.error();
  return Texts{std::move(certificate).value(), std::move(key).value(), std::move(roots).value()};
}

}  // namespace

ListeningCredentials::ListeningCredentials(TlsOptions options, const Log& log)
    : options_(std::move(options)), log_(log) {
  const auto request = options_.require_client_certificate
                           ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                           : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  credentials_ = ::grpc_ssl_server_credentials_create_with_options(
      ::grpc_ssl_server_credentials_create_options_using_config_fetcher(request, OnHandshake,
                                                                        this));
}

ListeningCredentials::~ListeningCredentials() { ::grpc_server_credentials_release(credentials_); }

void ListeningCredentials::SetAuthMetadataProcessor(
    const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) {}

int ListeningCredentials::AddPortToServer(const std::string& address, grpc_server* server) {
  return ::grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

grpc_ssl_certificate_config_reload_status ListeningCredentials::OnHandshake(
    void* self, grpc_ssl_server_certificate_config** config) {
  auto& credentials = *static_cast<ListeningCredentials*>(self);
  LogLevel level = LogLevel::kInfo;
  std::string news;
  const auto status = credentials.Reload(config, &level, &news);
  if (!news.empty()) credentials.log_.Write(level, news);
  return status;
}

grpc_ssl_certificate_config_reload_status ListeningCredentials::Reload(
    grpc_ssl_server_certificate_config** config, LogLevel* level, std::string* news) {
  const std::lock_guard lock(mutex_);
  Result<Texts> texts = ReadTexts(options_);
  if (texts) {
    if (texts->all() == given_) {
      complaint_.clear();
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    // What is no good gRPC would pass over without a word.
    const auto usable = LoadTls(options_, Endpoint::Role::kListen);
    if (!usable) texts = usable.error();
  }
  if (!texts) {
    const std::string& why = texts.error().message();
    if (std::exchange(complaint_, why) != why) {
      *level = LogLevel::kWarning;
      *news = "the files of TLS are no good" +
              std::string(given_.empty() ? "" : ", what was there stays in use") + ": " + why;
    }
    return given_.empty() ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL
                          : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  }
  if (!given_.empty()) *news = "the changed files of TLS are in use";
  complaint_.clear();
  given_ = texts->all();
  const grpc_ssl_pem_key_cert_pair pair{texts->key.c_str(), texts->certificate.c_str()};
  *config = ::grpc_ssl_server_certificate_config_create(texts->roots.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace penstock::adapter
