// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a connection does because of TLS: the handshake, its failures, the client's certificate.

#include "base/log.h"
#include "endpoint/connection.h"

namespace penstock::endpoint {

namespace {

constexpr std::string_view kPlainHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 39\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks TLS: use https or wss\n";

}  // namespace

void Connection::Secure() {
  const std::shared_ptr<const tls::Context>& context = endpoint_.tls(listener_index_);
  if (context == nullptr) return;
  std::unique_ptr<tls::Stream> stream = tls::Stream::Create(context, socket_.descriptor());
  if (stream == nullptr) {
    Close("no memory for TLS");
    return;
  }
  socket_.Secure(std::move(stream));
  securing_ = true;
  ExpectInput(listener().handshake_timeout);
}

bool Connection::OnHandshake(tcp::ReadStatus status) {
  const tls::Stream& tls = *socket_.tls();
  if (tls.established()) {
    securing_ = false;
    EndpointCounters& counters = endpoint_.counters();
    ++counters.tls_handshakes;
    if (tls.resumed()) ++counters.tls_resumed;
    ExpectInput(endpoint_.options().read_timeout);
    PENSTOCK_LOG(kConnection, kDebug, "TLS handshake", {"client", client_ip()},
                 {"listener", listener().name}, {"version", tls.version()},
                 {"cipher", tls.cipher()}, {"resumed", tls.resumed() ? "yes" : "no"});
    return true;
  }
  if (status == tcp::ReadStatus::kWouldBlock) return true;
  if (tls.failure() == tls::Failure::kNothing) {
    Close("closed by the client");  // a look at the port, as load balancers take it
    return false;
  }
  const bool plain = tls.failure() == tls::Failure::kPlainHttp;
  if (plain) ++endpoint_.counters().tls_plain_requests;
  RefuseHandshake(plain ? "HTTP without TLS" : tls.why());
  if (state_ == State::kClosed) return false;
  // What OpenSSL had to tell the client is sent; the rest goes without it, and is read to the end
  // lest a reset destroys what was told.
  socket_.Secure(nullptr);
  if (plain) Write(kPlainHttpAnswer);
  CloseAfterWrites();
  return false;
}

void Connection::RefuseHandshake(std::string_view why) {
  securing_ = false;
  ++endpoint_.counters().tls_handshakes_failed;
  endpoint_.Complain(Complaints::Kind::kHandshake, "TLS handshake failed",
                     {{"client", client_ip()}, {"listener", listener().name}, {"reason", why}});
}

void Connection::OnBroken() {
  const tls::Stream* const tls = socket_.tls();
  if (tls == nullptr) {
    Close("broken");
    return;
  }
  if (tls->failure() == tls::Failure::kProtocol) {
    ++endpoint_.counters().protocol_errors;
    endpoint_.Complain(
        Complaints::Kind::kTlsRecord, "bad TLS record",
        {{"client", client_ip()}, {"listener", listener().name}, {"reason", tls->why()}});
  }
  Close(tls->why());
}

std::optional<session::ClientCertificate> Connection::certificate() const {
  const tls::Stream* const tls = socket_.tls();
  if (tls == nullptr || !tls->asks_for_certificates()) return std::nullopt;
  return session::ClientCertificate{tls->PeerSubject()};
}

}  // namespace penstock::endpoint
