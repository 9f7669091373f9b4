// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/stream.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "support/test_certificate.h"

namespace penstock::tls {
namespace {

// A server's stream and a client of OpenSSL's own, on two ends of one non-blocking socket.
class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    ::signal(SIGPIPE, SIG_IGN);
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_);
    const test::TempDir dir;
    const auto made = test::MakeCertificate("a.test", "DNS:a.test");
    auto certificate =
        Certificate::Load({dir.Write("c.pem", made.pem), dir.Write("k.pem", made.key_pem)});
    ContextOptions options;
    options.ciphers = "ECDHE+AESGCM";
    options.cipher_suites = "TLS_AES_128_GCM_SHA256";
    std::vector<Certificate> certificates;
    certificates.push_back(std::move(*certificate));
    stream_ =
        Stream::Create(*Context::Create(options, std::move(certificates), std::nullopt), ends_[0]);
    ::SSL_set_fd(client_.get(), ends_[1]);
    ::SSL_set_connect_state(client_.get());
  }
  ~StreamTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  IoResult Read() { return stream_->Read(buffer_); }
  std::string Text(const IoResult& result) const { return {buffer_, result.size}; }
  void Shake() {
    for (int i = 0; i < 10 && !stream_->established(); ++i) {
      ::SSL_do_handshake(client_.get());
      EXPECT_NE(Read().status, IoStatus::kFailed) << stream_->why();
    }
    ASSERT_TRUE(stream_->established());
  }
  // What the client can read now.
  std::string ClientReads() {
    std::string all;
    char piece[20000];
    for (int got; (got = ::SSL_read(client_.get(), piece, sizeof piece)) > 0;) {
      all.append(piece, static_cast<std::size_t>(got));
    }
    return all;
  }
  void ClientSends(std::string_view text) {
    EXPECT_EQ(::SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }

  int ends_[2];
  Owned<SSL_CTX> client_context_{::SSL_CTX_new(::TLS_client_method())};
  Owned<SSL> client_{::SSL_new(client_context_.get())};
  std::unique_ptr<Stream> stream_;
  char buffer_[64 * 1024];
};

TEST_F(StreamTest, ReadsShakeHandsAndThenGiveWhatWasSent) {
  Shake();
  EXPECT_EQ(Read().status, IoStatus::kWantRead);
  ClientSends("hello");
  EXPECT_EQ(Text(Read()), "hello");
  EXPECT_EQ(stream_->Write("there").size, 5u);
  EXPECT_EQ(ClientReads(), "there");
}

TEST_F(StreamTest, ARecordThatTheBufferCannotHoldIsPending) {
  Shake();
  ClientSends(std::string(16000, 'x'));
  EXPECT_EQ(stream_->Read(std::span(buffer_, 1000)).size, 1000u);
  EXPECT_TRUE(stream_->HasPending());
  EXPECT_EQ(Read().size, 15000u);
  EXPECT_FALSE(stream_->HasPending());
}

TEST_F(StreamTest, AWriteThatIsCutGoesOnFromAnotherPlaceWithMoreBehindIt) {
  Shake();
  std::string all;
  for (int i = 0; i < 400'000; ++i) all += std::to_string(i);
  std::string_view rest = all;
  const std::size_t first_part = rest.size() / 2;
  std::string_view now = rest.substr(0, first_part);
  std::size_t sent = 0;
  for (;;) {
    const IoResult result = stream_->Write(now.substr(sent));
    if (result.status == IoStatus::kWantWrite) break;
    ASSERT_EQ(result.status, IoStatus::kDone);
    sent += result.size;
    ASSERT_LT(sent, first_part) << "the socket took all";
  }
  const std::string copy(rest.substr(sent));  // another place, and longer
  std::string got = ClientReads();
  for (std::size_t at = 0; at < copy.size();) {
    const IoResult result = stream_->Write(std::string_view(copy).substr(at));
    ASSERT_NE(result.status, IoStatus::kFailed) << stream_->why();
    at += result.size;
    got += ClientReads();
  }
  EXPECT_TRUE(got == all);
}

TEST_F(StreamTest, AnOrderlyEndIsAnEnd) {
  Shake();
  ClientSends("last");
  ::SSL_shutdown(client_.get());
  EXPECT_EQ(Text(Read()), "last");
  EXPECT_EQ(Read().status, IoStatus::kEnd);
  EXPECT_EQ(stream_->failure(), Failure::kNone);
  EXPECT_EQ(stream_->Write("answer").status, IoStatus::kDone);
  EXPECT_EQ(ClientReads(), "answer");
}

TEST_F(StreamTest, TellsThePeerThatItEnds) {
  Shake();
  EXPECT_EQ(stream_->EndSending(), IoStatus::kDone);
  EXPECT_EQ(stream_->EndSending(), IoStatus::kDone);
  EXPECT_EQ(ClientReads(), "");
  EXPECT_EQ(::SSL_get_shutdown(client_.get()), SSL_RECEIVED_SHUTDOWN);
  ClientSends("still here");
  EXPECT_EQ(Text(Read()), "still here");
}

TEST_F(StreamTest, AnEndWithoutAWordIsAFailure) {
  Shake();
  ::shutdown(ends_[1], SHUT_RDWR);
  EXPECT_EQ(Read().status, IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), Failure::kCut);
  EXPECT_TRUE(stream_->HasPending());
  EXPECT_EQ(stream_->Write("x").status, IoStatus::kFailed);
}

TEST_F(StreamTest, AnEndBeforeTheFirstByteIsNoHandshake) {
  ::shutdown(ends_[1], SHUT_WR);
  EXPECT_EQ(Read().status, IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), Failure::kNothing);
}

TEST_F(StreamTest, KnowsPlainHttp) {
  constexpr std::string_view kRequest = "GET / HTTP/1.1\r\n\r\n";
  ASSERT_EQ(::write(ends_[1], kRequest.data(), kRequest.size()),
            static_cast<ssize_t>(kRequest.size()));
  EXPECT_EQ(Read().status, IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), Failure::kPlainHttp);
}

TEST_F(StreamTest, AChangedRecordIsAFailure) {
  Shake();
  // An application data record that nobody has sealed.
  constexpr std::string_view kForged("\x17\x03\x03\x00\x20 0123456789 0123456789 0123456789", 37);
  ASSERT_EQ(::write(ends_[1], kForged.data(), kForged.size()),
            static_cast<ssize_t>(kForged.size()));
  EXPECT_EQ(Read().status, IoStatus::kFailed);
  EXPECT_EQ(stream_->failure(), Failure::kProtocol);
  EXPECT_NE(stream_->why(), "");
}

TEST_F(StreamTest, LeavesNoErrorForOthers) {
  Shake();
  ::shutdown(ends_[1], SHUT_RDWR);
  EXPECT_EQ(Read().status, IoStatus::kFailed);
  EXPECT_EQ(::ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace penstock::tls
