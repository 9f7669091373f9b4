// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/ticket_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "support/fake_clock.h"

namespace penstock::tls {
namespace {

using std::chrono::seconds;

class TicketKeysTest : public testing::Test {
 protected:
  TicketKeysTest() : keys_(clock_, seconds(100)) {
    EVP_MAC* const hmac = ::EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    mac_ = ::EVP_MAC_CTX_new(hmac);
    ::EVP_MAC_free(hmac);
  }
  ~TicketKeysTest() override {
    ::EVP_CIPHER_CTX_free(cipher_);
    ::EVP_MAC_CTX_free(mac_);
  }

  std::string Seal() {
    EXPECT_EQ(keys_.Seal(name_, iv_, cipher_, mac_), 1);
    return {reinterpret_cast<const char*>(name_), sizeof name_};
  }
  int Open(const std::string& name) {
    return keys_.Open(reinterpret_cast<const unsigned char*>(name.data()), iv_, cipher_, mac_);
  }

  test::FakeClock clock_;
  TicketKeys keys_;
  EVP_CIPHER_CTX* cipher_ = ::EVP_CIPHER_CTX_new();
  EVP_MAC_CTX* mac_;
  unsigned char name_[16];
  unsigned char iv_[EVP_MAX_IV_LENGTH];
};

TEST_F(TicketKeysTest, OpensWhatItHasSealed) { EXPECT_EQ(Open(Seal()), 1); }

TEST_F(TicketKeysTest, AKeySealsForAPeriodAndOpensForAnotherWithANewTicket) {
  const std::string first = Seal();
  clock_.Advance(seconds(99));
  EXPECT_EQ(Seal(), first);
  clock_.Advance(seconds(1));
  EXPECT_NE(Seal(), first);
  EXPECT_EQ(Open(first), 2);
  clock_.Advance(seconds(100));
  EXPECT_EQ(Open(first), 0);
}

TEST_F(TicketKeysTest, AKeyThatWasNotRotatedInTimeIsGone) {
  const std::string first = Seal();
  clock_.Advance(seconds(200));
  EXPECT_EQ(Open(first), 0);
}

TEST_F(TicketKeysTest, KnowsNoKeyOfOthers) {
  Seal();
  EXPECT_EQ(Open(std::string(16, 'x')), 0);
}

}  // namespace
}  // namespace penstock::tls
