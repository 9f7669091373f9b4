// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "transport/tls/context.h"
#include "transport/tls/openssl.h"

namespace penstock::tls {

enum class IoStatus : std::uint8_t {
  kDone,
  kWantRead,   // again once the descriptor is readable,
  kWantWrite,  // or writable, whether this was a read or a write
  kEnd,        // the peer said that no more comes
  kFailed,     // for good; why() tells
};

struct IoResult {
  IoStatus status;
  std::size_t size = 0;
};

// Why a stream failed, as far as it matters to anybody but a reader of logs.
enum class Failure : std::uint8_t {
  kNone,
  kCut,        // the peer is gone without a word, maybe in the middle of what it said
  kNothing,    // the same, and it had said nothing at all
  kPlainHttp,  // it speaks HTTP without TLS
  kProtocol,   // what it sent is no TLS, or none that we accept
};

// Whose certificate a client wants to see.
struct PeerName {
  std::string host;   // a name, or a numeric address
  bool check = true;  // false: one of any host will do
};

// An end of TLS on one non-blocking descriptor, which it neither owns nor waits for:
// whoever does calls again when the descriptor is ready. Reads and writes shake hands first, as far
// as they get. Idle it has no buffer. Writes to a dead peer raise SIGPIPE, which the process
// ignores.
//
// Owned by a tcp::Socket; with its descriptor it may move to another shard, between two calls, with
// all that is read or written in part. Shard: own.
class Stream {
 public:
  // The server's end; null when there is no memory for it.
  static std::unique_ptr<Stream> Create(std::shared_ptr<const Context> context, int descriptor);
  // The client's end, with a context of CreateForClient(); null likewise, and when `peer` is no
  // host. It speaks first: the first Read() says what is to be said.
  static std::unique_ptr<Stream> Connect(std::shared_ptr<const Context> context, int descriptor,
                                         const PeerName& peer);

  // At most one record, so that with 16 KiB of buffer nothing decrypted stays behind.
  [[nodiscard]] IoResult Read(std::span<char> buffer);
  // `bytes` is not empty. What a write could not send must be the beginning of the next one.
  [[nodiscard]] IoResult Write(std::string_view bytes);
  // Tells the peer that no more comes (close_notify): kDone, also if it cannot be told, or
  // kWantWrite.
  IoStatus EndSending();

  // There is something to read, or to be told, that no readiness of the descriptor announces.
  bool HasPending() const { return failure_ != Failure::kNone || ::SSL_pending(ssl_.get()) > 0; }

  // Bytes that were given to the descriptor, with all that TLS adds.
  std::uint64_t written() const { return ::BIO_number_written(::SSL_get_wbio(ssl_.get())); }
  // Something of what the peer sent has been read.
  bool HasRead() const { return ::BIO_number_read(::SSL_get_rbio(ssl_.get())) > 0; }

  bool established() const { return established_; }
  // The client brought a ticket, and it was good.
  bool resumed() const { return ::SSL_session_reused(ssl_.get()) == 1; }
  const char* version() const { return ::SSL_get_version(ssl_.get()); }
  const char* cipher() const { return ::SSL_get_cipher_name(ssl_.get()); }

  // Whether the listener asks clients for certificates.
  bool asks_for_certificates() const { return context_->asks_for_certificates(); }
  // The subject of the client's verified certificate (RFC 2253); nothing if it showed none.
  std::optional<std::string> PeerSubject() const;

  Failure failure() const { return failure_; }
  // For the log.
  std::string why() const;

 private:
  Stream(std::shared_ptr<const Context> context, Owned<SSL> ssl);
  static std::unique_ptr<Stream> Make(std::shared_ptr<const Context> context, int descriptor);

  // After each call to OpenSSL: what its result means.
  IoStatus Understand(int result);

  std::shared_ptr<const Context> context_;
  Owned<SSL> ssl_;
  unsigned long error_ = 0;  // OpenSSL's
  Failure failure_ = Failure::kNone;
  bool established_ = false;
  bool ended_ = false;  // the peer was told
};

}  // namespace penstock::tls
