// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The rules between the keys of TLS to adapters, whichever file they come from.

#include "config/checks.h"

namespace penstock::config {

void CheckAdapterTls(const ProxySettings& proxy,
                     const std::function<std::string(std::string_view)>& name_of,
                     Problems* problems) {
  const AdapterTls& tls = *proxy.tls;
  const auto refuse = [&](std::string_view key, const std::string& text) {
    problems->Add(tls.place, name_of(key), text);
  };
  if (!tls.certificate_file.empty() && !tls.keystore_file.empty()) {
    refuse("keystore_file", "and certificate_file both have the certificate; write one of them");
  }
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    refuse("certificate_file", "and key_file go together; write both");
  }
  if (!tls.ca_file.empty() && !tls.truststore_file.empty()) {
    refuse("truststore_file", "and ca_file both say who is trusted; write one of them");
  }
  if (!tls.keystore_password.empty() && !tls.keystore_password_file.empty()) {
    refuse("keystore_password", "is there twice, as text and in a file; write one of them");
  }
  if (!tls.truststore_password.empty() && !tls.truststore_password_file.empty()) {
    refuse("truststore_password", "is there twice, as text and in a file; write one of them");
  }
  if (tls.min_version > tls.max_version) {
    refuse("min_version", "is newer than max_version; write min_version <= max_version");
  }
  if (!proxy.remote_host.empty()) return;
  if (!tls.has_certificate()) {
    refuse("certificate_file", "is absent; who connects must see a certificate, so name one");
  }
  if (tls.force_client_auth && !tls.has_authorities()) {
    refuse("force_client_auth", "needs ca_file: who may have signed the adapters' certificates");
  }
}

}  // namespace penstock::config
