// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "support/test_certificate.h"
#include "tls.h"
#include "unit/sdk-cpp/stream_pair.h"

namespace penstock::adapter {
namespace {

using Outcome = Result<std::unique_ptr<Stream>>;

// The files of a test, and handshakes with them.
class TlsStreamTest : public ::testing::Test {
 protected:
  // As name.pem and name.key; it signs itself, and so is its own authority.
  void Write(const std::string& name, const std::string& alternatives, int days = 1) {
    const test::TestCertificate made = test::MakeCertificate(name, alternatives, days);
    files_.Write(name + ".pem", made.pem);
    files_.Write(name + ".key", made.key_pem);
    files_.Write(name + ".secret", made.encrypted_key_pem);
  }
  // The options of an end that shows `own` and trusts `authority`, both names of above, or empty.
  TlsOptions Options(const std::string& own, const std::string& authority) const {
    TlsOptions options;
    if (!own.empty()) {
      options.certificate_file = files_.File(own + ".pem");
      options.key_file = files_.File(own + ".key");
    }
    if (!authority.empty()) options.ca_file = files_.File(authority + ".pem");
    return options;
  }

  static Outcome Start(const TlsOptions& options, Endpoint::Role role, UniqueFd fd,
                       const std::string& host) {
    const StopSignal stop;
    auto context = LoadTls(options, role);
    if (!context) return context.error();
    return StartTls(*context, std::move(fd), host,
                    {std::chrono::steady_clock::now() + std::chrono::seconds(20), &stop});
  }

  // Both ends shake hands; what each of them got.
  std::pair<Outcome, Outcome> ShakeHands(const TlsOptions& client, const TlsOptions& server,
                                         const std::string& host) const {
    SocketPair sockets = SocketPair::Make();
    Outcome accepted = Error("not tried");
    std::thread other([&] {
      accepted = Start(server, Endpoint::Role::kListen, std::move(sockets.accepted), "");
    });
    Outcome dialled = Start(client, Endpoint::Role::kDial, std::move(sockets.dialled), host);
    other.join();
    return {std::move(dialled), std::move(accepted)};
  }

  StreamPair Connected() {
    Write("server", "DNS:localhost");
    auto [dialled, accepted] =
        ShakeHands(Options("", "server"), Options("server", ""), "localhost");
    EXPECT_TRUE(dialled.ok() && accepted.ok());
    return {std::move(dialled).value(), std::move(accepted).value()};
  }

  std::string DialFault(const TlsOptions& client, const TlsOptions& server,
                        const std::string& host) const {
    const auto [dialled, accepted] = ShakeHands(client, server, host);
    return dialled.ok() ? "none" : dialled.error().message();
  }

  const test::TempDir files_;
};

TEST_F(TlsStreamTest, CarriesBothWaysAtOnce) {
  StreamPair pair = Connected();
  ExpectBothWaysAtOnce(&pair);
}

TEST_F(TlsStreamTest, ShutdownEndsAWriteThatWaits) {
  StreamPair pair = Connected();
  ExpectShutdownEndsAWrite(&pair);
}

TEST_F(TlsStreamTest, LastWordsArrive) {
  StreamPair pair = Connected();
  ExpectLingerLosesNothing(&pair);
}

TEST_F(TlsStreamTest, PendingBytesNeedNoPoll) {
  StreamPair pair = Connected();
  ASSERT_TRUE(WriteBytes(pair.accepted.get(), "12345678"));
  EXPECT_EQ(ReadBytes(pair.dialled.get(), 1), "12345678");
  ASSERT_TRUE(WriteBytes(pair.accepted.get(), "12345678"));
  pollfd wait = {pair.dialled->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&wait, 1, kPatienceMillis), 1);
  char byte = 0;
  ASSERT_EQ(pair.dialled->Read({&byte, 1}).status, Stream::ReadStatus::kGot);
  EXPECT_TRUE(pair.dialled->HasPending());
}

TEST_F(TlsStreamTest, ChecksTheNameOfTheServer) {
  Write("server", "DNS:push.example.com,DNS:*.b.example,IP:127.0.0.1");
  const TlsOptions client = Options("", "server");
  const TlsOptions server = Options("server", "");
  for (const char* good : {"push.example.com", "a.b.example", "127.0.0.1"}) {
    EXPECT_EQ(DialFault(client, server, good), "none") << good;
  }
  EXPECT_EQ(DialFault(client, server, "localhost"),
            "TLS: the certificate of \"localhost\" is not accepted: hostname mismatch");
  EXPECT_EQ(DialFault(client, server, "127.0.0.2"),
            "TLS: the certificate of \"127.0.0.2\" is not accepted: IP address mismatch");

  TlsOptions other_name = client;
  other_name.server_name = "push.example.com";
  EXPECT_EQ(DialFault(other_name, server, "10.1.2.3"), "none");

  TlsOptions unchecked = client;
  unchecked.check_host_name = false;
  EXPECT_EQ(DialFault(unchecked, server, "localhost"), "none");
}

TEST_F(TlsStreamTest, RefusesOtherAuthorities) {
  Write("server", "DNS:localhost");
  Write("other", "DNS:localhost");
  const std::string why =
      "TLS: the certificate of \"localhost\" is not accepted: self-signed certificate";
  EXPECT_EQ(DialFault(Options("", "other"), Options("server", ""), "localhost"), why);
  // The system does not know it either.
  EXPECT_EQ(DialFault(Options("", ""), Options("server", ""), "localhost"), why);
  // Who checks no name still checks who signed.
  TlsOptions unchecked = Options("", "other");
  unchecked.check_host_name = false;
  EXPECT_EQ(DialFault(unchecked, Options("server", ""), "localhost"), why);
}

TEST_F(TlsStreamTest, RefusesAnExpiredCertificate) {
  Write("server", "DNS:localhost", -1);
  EXPECT_EQ(DialFault(Options("", "server"), Options("server", ""), "localhost"),
            "TLS: the certificate of \"localhost\" is not accepted: certificate has expired");
}

TEST_F(TlsStreamTest, ListenerAsksForACertificate) {
  Write("server", "DNS:localhost");
  Write("client", "");
  Write("stranger", "");
  TlsOptions server = Options("server", "client");
  server.require_client_certificate = true;

  EXPECT_TRUE(ShakeHands(Options("client", "server"), server, "localhost").second.ok());
  EXPECT_EQ(ShakeHands(Options("", "server"), server, "localhost").second.error().message(),
            "TLS: peer did not return a certificate");
  EXPECT_EQ(ShakeHands(Options("stranger", "server"), server, "localhost").second.error().message(),
            "TLS: the server's certificate is not accepted: self-signed certificate");
}

TEST_F(TlsStreamTest, DialerLearnsThatItsCertificateIsMissing) {
  Write("server", "DNS:localhost");
  TlsOptions server = Options("server", "server");
  server.require_client_certificate = true;
  SocketPair sockets = SocketPair::Make();
  // The descriptor stays open here, so that the alert is not lost to a reset.
  const UniqueFd kept(::dup(sockets.accepted.get()));
  Outcome accepted = Error("not tried");
  std::thread other(
      [&] { accepted = Start(server, Endpoint::Role::kListen, std::move(sockets.accepted), ""); });
  Outcome dialled =
      Start(Options("", "server"), Endpoint::Role::kDial, std::move(sockets.dialled), "localhost");
  other.join();
  // From TLS 1.3 the handshake is over for the client when the server looks at its certificate.
  ASSERT_TRUE(dialled.ok());
  const std::unique_ptr<Stream> stream = std::move(dialled).value();
  Stream::ReadStatus how = Stream::ReadStatus::kGot;
  EXPECT_EQ(ReadBytes(stream.get(), 1, &how), "");
  EXPECT_EQ(how, Stream::ReadStatus::kFailed);
  EXPECT_EQ(stream->why(), "TLS: tlsv13 alert certificate required");
}

TEST_F(TlsStreamTest, SaysThatThePeerSpeaksNoTls) {
  Write("server", "DNS:localhost");
  SocketPair sockets = SocketPair::Make();
  EXPECT_GT(::send(sockets.accepted.get(), "1|MPI\r\n", 7, MSG_NOSIGNAL), 0);
  const Outcome dialled =
      Start(Options("", "server"), Endpoint::Role::kDial, std::move(sockets.dialled), "localhost");
  ASSERT_FALSE(dialled.ok());
  EXPECT_EQ(dialled.error().message(), "TLS: wrong version number");
}

TEST_F(TlsStreamTest, SaysThatThePeerLeft) {
  Write("server", "DNS:localhost");
  SocketPair sockets = SocketPair::Make();
  ::shutdown(sockets.accepted.get(), SHUT_WR);
  const Outcome dialled =
      Start(Options("", "server"), Endpoint::Role::kDial, std::move(sockets.dialled), "localhost");
  ASSERT_FALSE(dialled.ok());
  EXPECT_EQ(dialled.error().message(), "TLS: the connection ended in the handshake");
}

TEST_F(TlsStreamTest, HandshakeEndsInTime) {
  Write("server", "DNS:localhost");
  SocketPair sockets = SocketPair::Make();
  const StopSignal stop;
  const auto context = LoadTls(Options("", "server"), Endpoint::Role::kDial);
  ASSERT_TRUE(context.ok());
  const Outcome dialled = StartTls(*context, std::move(sockets.dialled), "localhost",
                                   {std::chrono::steady_clock::now(), &stop});
  ASSERT_FALSE(dialled.ok());
  EXPECT_EQ(dialled.error().message(), "TLS handshake: Connection timed out");
}

TEST_F(TlsStreamTest, NamesTheFileThatIsNoGood) {
  Write("a", "");
  Write("b", "");
  const auto fault = [](const TlsOptions& options, Endpoint::Role role) {
    const auto loaded = LoadTls(options, role);
    return loaded.ok() ? "none" : loaded.error().message();
  };
  const auto dial = Endpoint::Role::kDial;
  const auto listen = Endpoint::Role::kListen;
  EXPECT_EQ(fault({}, dial), "none");
  EXPECT_EQ(fault(Options("a", ""), listen), "none");
  EXPECT_EQ(fault({}, listen), "who listens needs certificate_file");
  TlsOptions options = Options("a", "");
  options.require_client_certificate = true;
  EXPECT_EQ(fault(options, listen), "require_client_certificate needs ca_file");
  options = Options("a", "a");
  options.key_file = files_.File("b.key");
  EXPECT_EQ(fault(options, dial), "key_file \"" + options.key_file + "\": key values mismatch");
  options.key_file = files_.File("a.secret");
  EXPECT_EQ(fault(options, dial), "key_file \"" + options.key_file +
                                      "\": the key is encrypted, and nobody is there to ask");
  options.key_file = files_.File("none");
  EXPECT_EQ(fault(options, dial),
            "key_file \"" + options.key_file + "\": No such file or directory");
  options.certificate_file.clear();
  EXPECT_EQ(fault(options, dial), "key_file is set, but no certificate_file");
  options = Options("", "none");
  EXPECT_EQ(fault(options, dial), "ca_file \"" + options.ca_file + "\": No such file or directory");
  options.ca_file = files_.Write("empty.pem", "nothing\n");
  EXPECT_NE(fault(options, dial), "none");
}

TEST_F(TlsStreamTest, CertificateAndKeyMayBeOneFile) {
  const test::TestCertificate made = test::MakeCertificate("one", "");
  TlsOptions options;
  options.certificate_file = files_.Write("one.pem", made.key_pem + made.pem);
  EXPECT_TRUE(LoadTls(options, Endpoint::Role::kListen).ok());
}

}  // namespace
}  // namespace penstock::adapter
