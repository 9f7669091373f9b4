// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Hosts over gRPC with TLS.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "support/test_certificate.h"
#include "unit/sdk-cpp/dialling_server.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/grpc_server.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

class GrpcTlsHost : public ::testing::Test {
 protected:
  GrpcTlsHost()
      : server_cert_(test::MakeCertificate("server", "DNS:server.example,IP:127.0.0.1")),
        other_cert_(test::MakeCertificate("other", "DNS:server.example")),
        adapter_cert_(test::MakeCertificate("adapter", "DNS:feed.example")) {
    files_.Write("servers.pem", server_cert_.pem + other_cert_.pem);
    files_.Write("adapter.pem", adapter_cert_.key_pem + adapter_cert_.pem);
    options_.min_backoff = options_.max_backoff = milliseconds(1);
    options_.listener = &listener_;
    options_.tls.ca_file = files_.File("servers.pem");
    options_.tls.certificate_file = files_.File("adapter.pem");
  }
  ~GrpcTlsHost() override {
    if (server_ != nullptr) server_->Stop();
    if (host_ != nullptr) host_->Stop(milliseconds(0));
  }
  void Start(const test::TestCertificate& certificate) {
    grpc::SslServerCredentialsOptions options(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = adapter_cert_.pem;
    options.pem_key_cert_pairs.push_back({certificate.key_pem, certificate.pem});
    server_ = std::make_unique<ScriptedGrpcServer>(grpc::SslServerCredentials(options));
    options_.servers = {"grpcs://127.0.0.1:" + std::to_string(server_->port()) + "/DEMO/QUOTES"};
    host_ = std::make_unique<AdapterHost>(std::make_shared<FakeData>(), options_);
    const Status started = host_->Start();
    ASSERT_TRUE(started.ok()) << started.error().message();
  }
  // Why the first attempt failed.
  std::string Refusal() {
    EXPECT_EQ(listener_.states.Next(), "connecting started");
    return listener_.states.Next();
  }

  const test::TempDir files_;
  const test::TestCertificate server_cert_;
  const test::TestCertificate other_cert_;  // not for the endpoint's host
  const test::TestCertificate adapter_cert_;
  std::unique_ptr<ScriptedGrpcServer> server_;
  FakeListener listener_;
  HostOptions options_;
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(GrpcTlsHost, ShowsItsCertificateAndTrustsTheServers) {
  Start(server_cert_);
  const auto call = server_->AcceptData();
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->peer_names, "feed.example ");
  EXPECT_TRUE(call->Hear().has_hello());
}

TEST_F(GrpcTlsHost, WantsAServerOfTheEndpointsName) {
  Start(other_cert_);
  EXPECT_NE(Refusal().find("connecting UNAVAILABLE"), std::string::npos);
}

TEST_F(GrpcTlsHost, WantsAServerOfTheNameThatItIsTold) {
  options_.tls.server_name = "server.example";
  Start(other_cert_);
  EXPECT_NE(server_->AcceptData(), nullptr);
}

TEST_F(GrpcTlsHost, TakesAServerOfAnyNameIfItIsToldTo) {
  options_.tls.check_host_name = false;
  Start(other_cert_);
  EXPECT_NE(server_->AcceptData(), nullptr);
}

TEST_F(GrpcTlsHost, TakesNoServerOfAnotherAuthority) {
  files_.Write("other.pem", test::MakeCertificate("server", "IP:127.0.0.1").pem);
  options_.tls.ca_file = files_.File("other.pem");
  Start(server_cert_);
  EXPECT_NE(Refusal().find("connecting UNAVAILABLE"), std::string::npos);
}

TEST_F(GrpcTlsHost, DoesNotStartWithAFileThatIsNoGood) {
  options_.tls.certificate_file = files_.File("none.pem");
  options_.servers = {"grpcs://127.0.0.1:1/DEMO/QUOTES"};
  AdapterHost host(std::make_shared<FakeData>(), options_);
  const Status started = host.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("none.pem"), std::string::npos);
}

// A host with a port, where servers come that trust what its certificate was at some time.
class GrpcTlsListener : public GrpcTlsHost {
 protected:
  uint16_t Listen() {
    options_.tls.ca_file = "";
    options_.servers = {"grpcs-listen://:0"};
    host_ = std::make_unique<AdapterHost>(std::make_shared<FakeData>(), options_);
    EXPECT_TRUE(host_->Start().ok());
    return ListeningPort(&listener_);
  }
  // Whether a server that trusts it gets in.
  static bool Shows(uint16_t port, const test::TestCertificate& certificate) {
    grpc::SslCredentialsOptions trust;
    trust.pem_root_certs = certificate.pem;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetSslTargetNameOverride("feed.example");
    const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                                   grpc::SslCredentials(trust), arguments);
    for (auto state = channel->GetState(true); state != GRPC_CHANNEL_READY;
         state = channel->GetState(false)) {
      if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) return false;
      const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(20);
      if (!channel->WaitForStateChange(state, deadline)) return false;
    }
    return true;
  }
  // How many lines name the file, of those before one with `last`.
  int Complaints(const std::string& last) {
    int complaints = 0;
    while (true) {
      const std::string line = listener_.log.Next();
      if (line.find("what was there stays in use: certificate_file \"" +
                    files_.File("adapter.pem")) != std::string::npos) {
        ++complaints;
      }
      if (line.find(last) != std::string::npos || line == "<nothing>") return complaints;
    }
  }
};

TEST_F(GrpcTlsListener, TellsOnceOfFilesThatAreNoGoodAndGoesOnWithWhatItHas) {
  const uint16_t port = Listen();
  ASSERT_TRUE(Shows(port, adapter_cert_));
  files_.Write("adapter.pem", "half of a certificate");
  EXPECT_TRUE(Shows(port, adapter_cert_));
  EXPECT_TRUE(Shows(port, adapter_cert_));
  const test::TestCertificate renewed = test::MakeCertificate("adapter", "DNS:feed.example");
  files_.Write("adapter.pem", renewed.key_pem + renewed.pem);
  EXPECT_TRUE(Shows(port, renewed));
  EXPECT_EQ(Complaints("the changed files of TLS are in use"), 1);
}

}  // namespace
}  // namespace penstock::adapter
