// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

namespace penstock::tls {

namespace {

// What OpenSSL expects of the callback.
constexpr int kFailed = -1;
constexpr int kUnknownKey = 0;
constexpr int kDone = 1;
constexpr int kDoneRenew = 2;

template <std::size_t size>
bool FillWithRandom(std::array<unsigned char, size>& bytes) {
  return ::RAND_priv_bytes(bytes.data(), static_cast<int>(size)) == 1;
}

bool SetMac(EVP_MAC_CTX* mac, const std::array<unsigned char, 32>& key) {
  char digest[] = "sha256";
  const OSSL_PARAM params[] = {::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               ::OSSL_PARAM_construct_end()};
  return ::EVP_MAC_init(mac, key.data(), key.size(), params) == 1;
}

}  // namespace

TicketKeys::Key::~Key() {
  ::OPENSSL_cleanse(cipher.data(), cipher.size());
  ::OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys(const Clock& clock, Duration period) : clock_(clock), period_(period) {}

TicketKeys::~TicketKeys() = default;

bool TicketKeys::Rotate() {
  const TimePoint now = clock_.Now();
  if (current_ && now - made_ < period_) return true;
  // What was idle for two periods has nothing to open either.
  previous_.reset();
  if (current_ && now - made_ < 2 * period_) previous_ = current_;
  current_.emplace();
  made_ = now;
  const bool random = FillWithRandom(current_->name) && FillWithRandom(current_->cipher) &&
                      FillWithRandom(current_->mac);
  if (!random) current_.reset();
  return random;
}

int TicketKeys::Seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  if (!Rotate() || ::RAND_bytes(iv, ::EVP_CIPHER_get_iv_length(::EVP_aes_256_cbc())) != 1) {
    return kFailed;
  }
  std::copy(current_->name.begin(), current_->name.end(), name);
  const bool good = ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr,
                                         current_->cipher.data(), iv) == 1 &&
                    SetMac(mac, current_->mac);
  return good ? kDone : kFailed;
}

int TicketKeys::Open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const std::lock_guard lock(mutex_);
  if (!Rotate()) return kFailed;
  for (const std::optional<Key>* key : {&current_, &previous_}) {
    if (!*key || !std::equal((*key)->name.begin(), (*key)->name.end(), name)) continue;
    const bool good = ::EVP_DecryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr,
                                           (*key)->cipher.data(), iv) == 1 &&
                      SetMac(mac, (*key)->mac);
    if (!good) return kFailed;
    return key == &current_ ? kDone : kDoneRenew;
  }
  return kUnknownKey;
}

}  // namespace penstock::tls
