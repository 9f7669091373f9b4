// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "transport/tls/authorities.h"
#include "transport/tls/certificate.h"
#include "transport/tls/name_table.h"
#include "transport/tls/openssl.h"
#include "transport/tls/ticket_keys.h"

namespace penstock::tls {

enum class Version : std::uint8_t { k12, k13 };
enum class ClientCertificates : std::uint8_t { kNone, kOptional, kRequired };

// What both ends of a connection choose.
struct ProtocolOptions {
  Version min_version = Version::k12;
  Version max_version = Version::k13;
  std::string ciphers;
  std::string cipher_suites;
};

struct ContextOptions : ProtocolOptions {
  std::string listener;  // a session of one is not resumed on another
  bool prefer_own_ciphers = true;
  bool http = true;  // what ALPN agrees on
  ClientCertificates client_certificates = ClientCertificates::kNone;
  std::shared_ptr<TicketKeys> tickets;  // null: none
};

// All that the handshakes of a listener need: certificates by name, versions and ciphers, whose
// client certificates are good. Or those of the connections that are dialed for one purpose. A
// snapshot: a reload makes a new one, and connections keep the one they began with.
//
// Shared by shards and connections. Shard: any; immutable.
class Context {
 public:
  // `certificates` is not empty, and the first is for clients that ask for no name or an unknown
  // one. `authorities` are there if client certificates are asked for. The lists of ciphers have
  // been checked.
  static StatusOr<std::shared_ptr<const Context>> Create(const ContextOptions& options,
                                                         std::vector<Certificate> certificates,
                                                         std::optional<Authorities> authorities);

  // For connections that are dialed. `own`: shown to servers that ask for a certificate. Trusted is
  // who has a certificate of `authorities`; null: of those that the system trusts.
  static StatusOr<std::shared_ptr<const Context>> CreateForClient(
      const ProtocolOptions& options, std::optional<Certificate> own,
      std::optional<Authorities> authorities);

  SSL_CTX* get() const { return context_.get(); }
  bool asks_for_certificates() const { return asks_for_certificates_; }
  // It has authorities of its own; of those that the system trusts it would say no.
  bool has_authorities() const { return authorities_.has_value(); }

 private:
  Context(const SSL_METHOD* method, std::vector<Certificate> certificates);

  Status ConfigureProtocol(const ProtocolOptions& options);
  Status Configure(const ContextOptions& options);
  void AskForCertificates(ClientCertificates which);
  bool SetSessionId(const ContextOptions& options);

  // Called by OpenSSL in a handshake; `self` is the Context.
  static int OnServerName(SSL* ssl, int* alert, void* self);
  static int OnProtocols(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                         const unsigned char* offered, unsigned int offered_size, void* self);
  static int OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int seal);

  Owned<SSL_CTX> context_;
  std::vector<Certificate> certificates_;
  NameTable names_;
  std::optional<Authorities> authorities_;
  std::shared_ptr<TicketKeys> tickets_;
  bool asks_for_certificates_ = false;
};

}  // namespace penstock::tls
