// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/shard.h"
#include "transport/tls/stream.h"

namespace penstock::tcp {

// The concrete executor keeps a socket at half the size.
using AsioSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
using Endpoint = asio::ip::tcp::endpoint;

enum class ReadStatus : std::uint8_t { kData, kWouldBlock, kEnd, kBroken };

struct ReadResult {
  ReadStatus status;
  std::size_t size = 0;
};

// Who is told about a socket; usually owns it.
class SocketOwner {
 public:
  virtual void OnReadable() = 0;
  // The backlog is gone: writes reach the kernel again.
  virtual void OnDrained() = 0;

 protected:
  ~SocketOwner() = default;
};

// A connected TCP socket, readiness style: nothing is allocated while it is idle. Reads go into a
// buffer of the caller (the shard's); writes go to the kernel at once, and only what it refuses is
// kept in a backlog, which the owner bounds. With TLS all of this is the same: the bytes are those
// inside, and the backlog is in clear.
//
// Owned by its SocketOwner, which must stay alive until quiet(). Shard: own.
class Socket {
 public:
  // Takes over a connected socket.
  Socket(runtime::Shard& shard, AsioSocket socket, SocketOwner* owner);
  // Takes over a descriptor that Release() gave on another shard.
  Socket(runtime::Shard& shard, int descriptor, bool ipv6, SocketOwner* owner);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Puts TLS between the descriptor and the bytes, or with null takes it away. Nothing may be in
  // the backlog.
  void Secure(std::unique_ptr<tls::Stream> tls);
  // Null without TLS. Reads shake hands first.
  const tls::Stream* tls() const { return tls_.get(); }

  // OnReadable() once, when there is something to read or the peer is gone. Idempotent.
  void WaitReadable();
  [[nodiscard]] ReadResult Read(std::span<char> buffer);
  // The same, but what is read stays there to be read.
  [[nodiscard]] ReadResult Peek(std::span<char> buffer);

  // Sends what the kernel takes; the rest joins the backlog. False when the connection is broken.
  bool Write(std::string_view bytes);
  std::size_t backlog_size() const { return backlog_.size() - backlog_sent_; }
  // Bytes written so far, as they go on the wire: with TLS its records. The backlog counts as it is
  // until it goes.
  std::uint64_t taken() const { return sent() + backlog_size(); }
  // Those of them that the kernel has.
  std::uint64_t sent() const { return tls_ != nullptr ? tls_->written() : sent_; }

  // Tells the peer that no more will come. Nothing may be in the backlog.
  void ShutdownSend();
  // No callback comes after this.
  void Close();
  // For whoever peeks at what comes, or writes through TLS.
  int descriptor() { return socket_.native_handle(); }
  bool is_open() const { return socket_.is_open(); }
  // Nothing is under way any more that knows this object.
  bool quiet() const { return waits_ == 0; }

  // What was not sent yet, for whoever takes the descriptor over.
  std::string TakeBacklog();
  // The same of what TLS knows; it goes with the descriptor.
  std::unique_ptr<tls::Stream> TakeTls() { return std::move(tls_); }
  // Gives up the descriptor without closing it; nothing may be in the backlog.
  int Release();
  // Gives up the socket on its own shard; nothing may be under way. What is left is closed.
  AsioSocket Take();
  bool ipv6() const { return ipv6_; }

  // Has the kernel ask the peer's machine whether it is there, some times within `patience` while
  // there is nothing to send, and breaks the connection when the peer takes nothing for four times
  // as long. Whether its machine is there, PeerSilence() tells.
  void WatchPeer(std::chrono::milliseconds patience);
  // For how long the peer's machine has not said a word, not even that it has got ours; zero if it
  // was not asked: one that only does not read is asked ever more rarely.
  std::chrono::milliseconds PeerSilence();

  // The peer's address; of port 0 if it is gone already.
  Endpoint Remote() const;
  std::string RemoteText() const;

 private:
  ReadResult Receive(std::span<char> buffer, int flags);
  ReadResult ReadTls(std::span<char> buffer);
  // Gives `bytes` to the kernel until it takes no more, and removes what it took. False: broken.
  bool Push(std::string_view* bytes);
  bool PushInClear(std::string_view* bytes);
  void OnReady();
  void WaitWritable();
  void OnWritable();

  AsioSocket socket_;
  SocketOwner* owner_;
  std::uint8_t waits_ = 0;  // handlers on their way
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool ipv6_ = false;
  bool read_wants_write_ = false;  // TLS has to say something before it reads on,
  bool write_wants_read_ = false;  // or to hear something before it writes on
  bool ending_ = false;            // TLS has to take its leave before the sending side ends
  std::unique_ptr<tls::Stream> tls_;
  std::uint64_t sent_ = 0;  // in clear
  std::size_t backlog_sent_ = 0;
  std::string backlog_;
};

// "127.0.0.1", "::1"; an IPv4 address inside IPv6 is shown as IPv4.
std::string AddressText(const Endpoint& endpoint);

}  // namespace penstock::tcp
