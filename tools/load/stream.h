// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "load/poller.h"

namespace penstock::load {

class StreamOwner {
 public:
  virtual void OnOpen() = 0;
  // Valid during the call, which may close the stream.
  virtual void OnBytes(std::string_view bytes) = 0;
  // Not by Close(). Nothing follows.
  virtual void OnClosed(std::string_view why) = 0;

 protected:
  ~StreamOwner() = default;
};

// Where a stream leads, resolved once for all.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
// *error tells why there is none.
bool Resolve(const std::string& host, std::uint16_t port, Address* out, std::string* error);

// Trust in a server's certificate, for all streams. Null: without TLS.
struct TlsClient {
  std::shared_ptr<SSL_CTX> context;
  std::string host;  // to be named and checked
};
// *error tells what is wrong with `ca`.
bool MakeTlsClient(const std::string& ca, bool insecure, const std::string& host, TlsClient* out,
                   std::string* error);

// A TCP connection to the server, in clear or with TLS. Owned by a session or the feed.
class Stream final : public Pollable {
 public:
  // `receive_buffer`: bytes of the kernel's; 0 = as the system has it.
  Stream(Poller& poller, StreamOwner* owner, int receive_buffer = 0)
      : poller_(poller), owner_(owner), receive_buffer_(receive_buffer) {}
  ~Stream() { Close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Ends in OnOpen() or OnClosed(), later. A closed stream may be opened again.
  void Open(const Address& address, const TlsClient& tls);
  void Send(std::string_view bytes);
  void Close();
  // Reads no more: what the server sends stays on its way.
  void StopReading();

  bool is_open() const { return state_ == State::kOpen; }
  std::size_t unsent() const { return out_.size(); }

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshake, kOpen };
  enum class Io : std::uint8_t { kDone, kLater, kEnd };

  void OnEvents(std::uint32_t events) override;
  void Shake();
  void ReadAll();
  void WriteAll();
  Io Read(char* to, std::size_t most, std::size_t* got);
  Io Write(std::string_view bytes, std::size_t* sent);
  Io FromTls(int result);
  void Watch();
  void Fail(std::string_view why);

  Poller& poller_;
  StreamOwner* const owner_;
  const int receive_buffer_;
  State state_ = State::kClosed;
  int descriptor_ = -1;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
  std::string out_;
  bool reading_ = true;
  bool tls_wants_write_ = false;
  std::uint32_t watched_ = 0;
};

}  // namespace penstock::load
