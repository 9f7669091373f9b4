// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Both ends of TLS against each other, as the server has them.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>

#include "support/test_certificate.h"
#include "transport/tls/stream.h"

namespace penstock::tls {
namespace {

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    ::signal(SIGPIPE, SIG_IGN);
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_);
    options_.ciphers = "ECDHE+AESGCM";
    options_.cipher_suites = "TLS_AES_128_GCM_SHA256";
    options_.http = false;
  }
  ~ClientTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  Certificate Load(const test::TestCertificate& made) {
    return *Certificate::Load({dir_.Write("c.pem", made.pem), dir_.Write("k.pem", made.key_pem)});
  }
  Authorities Trust(const test::TestCertificate& made) {
    return *Authorities::Load(dir_.Write("ca.pem", made.pem));
  }
  void Serve(const test::TestCertificate& made) {
    std::vector<Certificate> certificates;
    certificates.push_back(Load(made));
    server_ = Stream::Create(
        *Context::Create(options_, std::move(certificates), std::move(authorities_)), ends_[0]);
  }
  void Dial(std::optional<Authorities> trusted, const PeerName& peer,
            std::optional<Certificate> own = std::nullopt) {
    client_ = Stream::Connect(
        *Context::CreateForClient(options_, std::move(own), std::move(trusted)), ends_[1], peer);
  }
  // "done", or why the client, or else the server, failed.
  std::string Shake() {
    IoStatus client{};
    IoStatus server{};
    for (int i = 0; i < 10; ++i) {
      client = client_->Read(buffer_).status;
      server = server_->Read(buffer_).status;
    }
    if (client == IoStatus::kFailed) return client_->why();
    if (server == IoStatus::kFailed) return server_->why();
    return client_->established() && server_->established() ? "done" : "not done";
  }

  test::TempDir dir_;
  int ends_[2];
  ContextOptions options_;
  std::optional<Authorities> authorities_;
  std::unique_ptr<Stream> server_;
  std::unique_ptr<Stream> client_;
  char buffer_[20000];
};

TEST_F(ClientTest, ShakesHandsWithWhomItTrusts) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test,IP:10.0.0.7");
  Serve(made);
  Dial(Trust(made), {"feed.test"});
  EXPECT_EQ(Shake(), "done");
  EXPECT_EQ(client_->Write("hello").size, 5u);
  EXPECT_EQ(std::string(buffer_, server_->Read(buffer_).size), "hello");
}

TEST_F(ClientTest, ADotAtTheEndIsForTheNameService) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test");
  Serve(made);
  Dial(Trust(made), {"feed.test."});
  EXPECT_EQ(Shake(), "done");
}

TEST_F(ClientTest, ChecksAddresses) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test,IP:10.0.0.7,IP:2001:db8::7");
  Serve(made);
  Dial(Trust(made), {"2001:db8::7"});
  EXPECT_EQ(Shake(), "done");
}

TEST_F(ClientTest, RefusesTheCertificateOfAnotherAddress) {
  const auto made = test::MakeCertificate("x", "IP:10.0.0.7");
  Serve(made);
  Dial(Trust(made), {"10.0.0.8"});
  EXPECT_EQ(Shake(), "the server's certificate is not accepted: IP address mismatch");
}

TEST_F(ClientTest, RefusesTheCertificateOfAnotherHost) {
  const auto made = test::MakeCertificate("feed.test", "DNS:other.test");
  Serve(made);
  Dial(Trust(made), {"feed.test"});
  EXPECT_EQ(Shake(), "the server's certificate is not accepted: hostname mismatch");
}

TEST_F(ClientTest, TakesTheCertificateOfAnotherHostIfToldSo) {
  const auto made = test::MakeCertificate("x", "DNS:other.test");
  Serve(made);
  Dial(Trust(made), {"feed.test", false});
  EXPECT_EQ(Shake(), "done");
}

TEST_F(ClientTest, RefusesAnExpiredCertificate) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test", -1);
  Serve(made);
  Dial(Trust(made), {"feed.test"});
  EXPECT_EQ(Shake(), "the server's certificate is not accepted: certificate has expired");
}

TEST_F(ClientTest, RefusesAnUnknownAuthorityEvenIfTheHostIsNotChecked) {
  Serve(test::MakeCertificate("x", "DNS:feed.test"));
  Dial(Trust(test::MakeCertificate("y", "DNS:feed.test")), {"feed.test", false});
  EXPECT_EQ(Shake(), "the server's certificate is not accepted: self-signed certificate");
}

TEST_F(ClientTest, WithoutAuthoritiesTrustsWhomTheSystemTrusts) {
  Serve(test::MakeCertificate("x", "DNS:feed.test"));
  Dial(std::nullopt, {"feed.test"});
  EXPECT_EQ(Shake(), "the server's certificate is not accepted: self-signed certificate");
}

TEST_F(ClientTest, ShowsItsCertificateWhenAsked) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test");
  const auto own = test::MakeCertificate("penstock", "");
  options_.client_certificates = ClientCertificates::kRequired;
  authorities_ = Trust(own);
  Serve(made);
  Dial(Trust(made), {"feed.test"}, Load(own));
  EXPECT_EQ(Shake(), "done");
  EXPECT_EQ(server_->PeerSubject(), "CN=penstock");
}

TEST_F(ClientTest, SaysSoWhenItHasNoneToShow) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test");
  options_.client_certificates = ClientCertificates::kRequired;
  authorities_ = Trust(made);
  Serve(made);
  Dial(Trust(made), {"feed.test"});
  EXPECT_EQ(Shake(), "tlsv13 alert certificate required");
}

TEST_F(ClientTest, SpeaksNoOtherVersionsThanToldTo) {
  const auto made = test::MakeCertificate("x", "DNS:feed.test");
  Serve(made);
  options_.max_version = Version::k12;
  Dial(Trust(made), {"feed.test"});
  EXPECT_EQ(Shake(), "done");
  EXPECT_STREQ(client_->version(), "TLSv1.2");
}

}  // namespace
}  // namespace penstock::tls
