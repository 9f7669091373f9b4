// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"

namespace penstock::config {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

enum class TlsVersion : std::uint8_t { k12, k13 };
enum class ClientCertificates : std::uint8_t { kNone, kOptional, kRequired };

std::string_view ToString(TlsVersion value);
std::string_view ToString(ClientCertificates value);

struct TlsCertificate {
  std::string certificate_file;  // PEM; its chain behind it
  std::string key_file;          // PEM, without a passphrase
  bool operator==(const TlsCertificate&) const = default;
};

// [listener.tls]. What only OpenSSL can tell, the files for example, is checked by who makes the
// listener (app/listener_tls.h).
struct Tls {
  std::vector<TlsCertificate> certificates;  // never empty; the first is the default
  TlsVersion min_version = TlsVersion::k12;
  std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
  std::string cipher_suites =
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";  // of 1.3
  ClientCertificates client_certificates = ClientCertificates::kNone;
  std::string client_ca_file;  // not empty unless kNone
  bool session_tickets = true;
  Seconds ticket_key_rotation{3600};
  Milliseconds handshake_timeout{4000};
  Milliseconds reload_check{2000};  // 0 = on SIGHUP only
  // Where the file says what: each certificate, then the keys that OpenSSL judges.
  std::vector<Place> certificate_places;
  Place ciphers_place;
  Place cipher_suites_place;
  Place client_ca_place;
  bool operator==(const Tls&) const = default;
};

// [adapter_set.*.tls]: TLS to a remote adapter. Who is dialed has the server's part in it: without
// `remote_host` this server, with it the remote adapter. What only OpenSSL can tell is checked by
// who makes the contexts (app/adapter_tls.h).
struct AdapterTls {
  // Our certificate: PEM with its key, or both in one PKCS12 file. May be absent where we dial.
  std::string certificate_file;
  std::string key_file;
  std::string keystore_file;
  std::string keystore_password;
  std::string keystore_password_file;  // instead of the one above
  // Who may have signed the remote adapter's certificate, PEM or PKCS12: asked for with
  // `force_client_auth`, or where we dial; there, neither of the two means those of the system.
  std::string ca_file;
  std::string truststore_file;
  std::string truststore_password;
  std::string truststore_password_file;
  bool force_client_auth = false;
  bool skip_hostname_check = false;
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::string ciphers = Tls().ciphers;
  std::string cipher_suites = Tls().cipher_suites;
  std::vector<std::string> allow_cipher_suites;   // standard names, instead of the two above
  std::vector<std::string> remove_cipher_suites;  // RE2, found anywhere in a standard name
  bool prefer_server_ciphers = true;
  Milliseconds reload_check{2000};  // 0 = on SIGHUP only
  Place place;                      // of the table in its file

  bool has_certificate() const { return !certificate_file.empty() || !keystore_file.empty(); }
  bool has_authorities() const { return !ca_file.empty() || !truststore_file.empty(); }
  bool operator==(const AdapterTls&) const = default;
};

}  // namespace penstock::config
