// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "support/test_certificate.h"
#include "tls.h"
#include "unit/sdk-cpp/dialling_server.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/stream_pair.h"

namespace penstock::adapter {
namespace {

// A whole host over TLS, with a server that is played here.
class TlsHost : public ::testing::Test {
 protected:
  TlsHost() {
    for (const char* name : {"server", "adapter"}) {
      const test::TestCertificate made = test::MakeCertificate(name, "DNS:localhost");
      files_.Write(std::string(name) + ".pem", made.key_pem + made.pem);
    }
    options_.listener = &listener_;
    options_.min_backoff = options_.max_backoff = std::chrono::milliseconds(1);
    options_.tls.ca_file = files_.File("server.pem");
    options_.tls.certificate_file = files_.File("adapter.pem");
  }
  ~TlsHost() override {
    if (host_ != nullptr) host_->Stop();
  }

  void Start(const std::string& server) {
    options_.servers = {server};
    host_ = std::make_unique<AdapterHost>(provider_, options_);
    const Status started = host_->Start();
    EXPECT_TRUE(started.ok()) << started.error().message();
  }

  // The server's end of a handshake, with a certificate or, if it dials, without one.
  Result<std::unique_ptr<Stream>> Server(UniqueFd fd, Endpoint::Role role,
                                         const std::string& certificate) const {
    TlsOptions options;
    options.ca_file = files_.File("adapter.pem");
    if (!certificate.empty()) options.certificate_file = files_.File(certificate);
    options.require_client_certificate = role == Endpoint::Role::kListen;
    const StopSignal stop;
    auto context = LoadTls(options, role);
    if (!context) return context.error();
    return StartTls(*context, std::move(fd), "localhost",
                    {std::chrono::steady_clock::now() + std::chrono::seconds(20), &stop});
  }

  // Opens the adapter and has it serve one item.
  void ExpectService(Stream* server) {
    const std::string rac = std::string(kRac) + "\r\n";
    EXPECT_EQ(ReadBytes(server, rac.size()), rac);
    const std::string init = "1a|DPI|S|ARI.version|S|1.9.1\r\n";
    EXPECT_TRUE(WriteBytes(server, init));
    EXPECT_EQ(ReadBytes(server, init.size()), init);
    EXPECT_TRUE(WriteBytes(server, "2a|SUB|S|snap\r\n"));
    const std::string answer = "2a|SUB|V\r\n";
    EXPECT_EQ(ReadBytes(server, answer.size()), answer);
  }

  const test::TempDir files_;
  const std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  FakeListener listener_;
  HostOptions options_;
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(TlsHost, DialsAndShowsItsCertificate) {
  const auto listening = Listen({Loopback(0)});
  ASSERT_TRUE(listening.ok());
  const std::string address = LocalAddress(listening->get());
  Start("tls://localhost" + address.substr(address.find(':')));
  for (int i = 0; i < 2; ++i) {
    pollfd wait = {listening->get(), POLLIN, 0};
    ASSERT_EQ(::poll(&wait, 1, kPatienceMillis), 1);
    auto stream = Server(Accept(listening->get()).fd, Endpoint::Role::kListen, "server.pem");
    ASSERT_TRUE(stream.ok()) << stream.error().message();
    ExpectService(stream.value().get());
  }
}

TEST_F(TlsHost, TellsWhyItTakesNoServer) {
  options_.tls.ca_file = files_.File("adapter.pem");
  const auto listening = Listen({Loopback(0)});
  ASSERT_TRUE(listening.ok());
  const std::string address = LocalAddress(listening->get());
  Start("tls://localhost" + address.substr(address.find(':')));
  pollfd wait = {listening->get(), POLLIN, 0};
  ASSERT_EQ(::poll(&wait, 1, kPatienceMillis), 1);
  (void)Server(Accept(listening->get()).fd, Endpoint::Role::kListen, "server.pem");
  EXPECT_TRUE(listener_.states.SkipTo(
      "connecting TLS: the certificate of \"localhost\" is not accepted: self-signed certificate"));
}

TEST_F(TlsHost, ListensAndLetsInWhoeverHasACertificate) {
  options_.tls.require_client_certificate = true;
  Start("tls-listen://:0");
  const uint16_t port = ListeningPort(&listener_);
  // From TLS 1.3 it takes a read for the stranger to learn it.
  auto stranger = Server(DialSocket(port), Endpoint::Role::kDial, "");
  if (stranger.ok()) {
    EXPECT_EQ(ReadBytes(stranger.value().get(), 1), "");
  }
  auto stream = Server(DialSocket(port), Endpoint::Role::kDial, "server.pem");
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ExpectService(stream.value().get());
  EXPECT_EQ(host_->counters().total.turned_away, 1u);
}

// Each of them would have three seconds, and there are more than shake hands at once.
TEST_F(TlsHost, StrangersWhoSayNothingKeepNoServerOut) {
  Start("tls-listen://:0");
  const uint16_t port = ListeningPort(&listener_);
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(DialSocket(port));
  auto stream = Server(DialSocket(port), Endpoint::Role::kDial, "");
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ExpectService(stream.value().get());
  EXPECT_EQ(host_->counters().total.turned_away, silent.size());
  char byte = 0;
  for (const UniqueFd& one : silent) EXPECT_EQ(::recv(one.get(), &byte, 1, 0), 0);
}

TEST_F(TlsHost, HandshakeOfAStrangerEndsInTime) {
  options_.connect_timeout = std::chrono::milliseconds(20);
  Start("tls-listen://:0");
  const uint16_t port = ListeningPort(&listener_);
  const UniqueFd silent = DialSocket(port);
  EXPECT_TRUE(AwaitReadable(silent.get()));
  while (host_->counters().total.turned_away == 0) std::this_thread::yield();
}

TEST_F(TlsHost, ReadsARenewedCertificate) {
  options_.tls.ca_file = "";
  Start("tls-listen://:0");
  const uint16_t port = ListeningPort(&listener_);
  ASSERT_TRUE(Server(DialSocket(port), Endpoint::Role::kDial, "").ok());
  const test::TestCertificate renewed = test::MakeCertificate("adapter", "DNS:localhost");
  files_.Write("adapter.pem", renewed.key_pem + renewed.pem);
  // The server trusts what is in the file by now.
  auto stream = Server(DialSocket(port), Endpoint::Role::kDial, "");
  ASSERT_TRUE(stream.ok()) << stream.error().message();
  ExpectService(stream.value().get());
}

TEST_F(TlsHost, NamesAFileThatIsNoGoodAtItsStart) {
  options_.servers = {"tls://localhost:1"};
  options_.tls.ca_file = "/nowhere";
  const Status started = AdapterHost(provider_, options_).Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message(),
            "endpoint \"tls://localhost:1\": ca_file \"/nowhere\": No such file or directory");
}

}  // namespace
}  // namespace penstock::adapter
