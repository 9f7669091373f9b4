// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace penstock::tls {

// The keys of the session tickets of a listener: the server keeps no session, the client brings it
// back sealed. All shards have the same ones, so that a client resumes wherever its connection
// lands, and they outlive the reload of a certificate. A key seals for one period and opens for one
// more; then it is wiped, and what it sealed can be read by nobody.
//
// Shared by the contexts of a listener. Shard: any; a lock is taken once or twice a handshake.
class TicketKeys {
 public:
  TicketKeys(const Clock& clock, Duration period);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // How long a ticket may be used; its key lives as long at least.
  Duration period() const { return period_; }

  // SSL_CTX_set_tlsext_ticket_key_evp_cb: what each is for is said there.
  int Seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int Open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
           EVP_MAC_CTX* mac);

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
    ~Key();
  };

  // A new key when the current one is due. False if the machine has no random numbers.
  bool Rotate();

  const Clock& clock_;
  const Duration period_;
  std::mutex mutex_;
  std::optional<Key> current_;
  std::optional<Key> previous_;
  TimePoint made_;
};

}  // namespace penstock::tls
