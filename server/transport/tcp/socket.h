// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/ready_set.h"
#include "runtime/shard.h"
#include "transport/tcp/descriptor.h"
#include "transport/tls/stream.h"

namespace penstock::tcp {

class SendBatch;

using Endpoint = asio::ip::tcp::endpoint;

enum class ReadStatus : std::uint8_t { kData, kWouldBlock, kEnd, kBroken };

struct ReadResult {
  ReadStatus status;
  std::size_t size = 0;
};

// What each connection is to have. Those accepted have it from their listener.
void Prepare(int descriptor);

// Who is told about a socket; usually owns it.
class SocketOwner {
 public:
  virtual void OnReadable() = 0;
  // The backlog is gone: writes reach the kernel again.
  virtual void OnDrained() = 0;
  // Of what went into a batch a part has joined the backlog, or the connection is broken.
  virtual void OnBatchCutShort(bool /*broken*/) {}

 protected:
  ~SocketOwner() = default;
};

// A connected TCP socket, readiness style: nothing is allocated while it is idle. Reads go into a
// buffer of the caller (the shard's); writes go to the kernel at once, and only what it refuses is
// kept in a backlog, which the owner bounds. With TLS all of this is the same: the bytes are those
// inside, and the backlog is in clear.
//
// Owned by its SocketOwner; both must outlive the callbacks that run. Shard: own.
class Socket final : private runtime::ReadyUser {
 public:
  // Takes over a connection that is prepared. Not open where the system cannot watch it.
  Socket(runtime::Shard& shard, Descriptor descriptor, SocketOwner* owner);
  ~Socket();
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
  // The same, sent with others by SendBatch::Submit(), or for false not at all. Until then it
  // counts as sent, and whatever else is done with the socket has to wait.
  bool WriteLater(SendBatch& batch, std::string_view bytes);
  bool in_batch() const { return in_batch_; }
  void OnBatchSent(std::string_view bytes, int result);
  std::size_t backlog_size() const {
    return backlog_ == nullptr ? 0 : backlog_->bytes.size() - backlog_->sent;
  }
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
  int descriptor() const { return descriptor_.number(); }
  bool is_open() const { return descriptor_.is_open(); }

  // What was not sent yet, for whoever takes the descriptor over.
  std::string TakeBacklog();
  // The same of what TLS knows; it goes with the descriptor.
  std::unique_ptr<tls::Stream> TakeTls() { return std::move(tls_); }
  // Gives the connection up, for another owner or shard; nothing may be in the backlog. What is
  // left is closed.
  Descriptor Release();

  // Has the kernel ask the peer's machine whether it is there, some times within `patience` while
  // there is nothing to send, and breaks the connection when the peer takes nothing for four times
  // as long. Whether its machine is there, PeerSilence() tells.
  void WatchPeer(std::chrono::milliseconds patience);
  // For how long the peer's machine has not said a word, not even that it has got ours; zero if it
  // was not asked: one that only does not read is asked ever more rarely.
  std::chrono::milliseconds PeerSilence();

  // The peer's address, as the system tells it; of port 0 if it is gone already.
  Endpoint Remote() const;

 private:
  void OnReady(std::uint32_t events) override;
  ReadResult Receive(std::span<char> buffer, int flags);
  ReadResult ReadTls(std::span<char> buffer);
  // Gives `bytes` to the kernel until it takes no more, and removes what it took. False: broken.
  bool Push(std::string_view* bytes);
  bool PushInClear(std::string_view* bytes);
  void OnWaitOver();
  void WaitWritable();
  void OnWritable();
  // What it waits for, in the ready set's bits.
  std::uint32_t Wanted() const;
  std::uint32_t ReadWants() const {
    return read_wants_write_ ? runtime::kWritable : runtime::kReadable;
  }
  // Has the ready set look for what is wanted; no more for what is told and is not; for nothing.
  void Watch();
  void Unwatch(std::uint32_t events);
  void LeaveReadySet();

  // What the kernel did not take.
  struct Backlog {
    std::string bytes;
    std::size_t sent = 0;
  };

  runtime::ReadySet& ready_set_;
  SocketOwner* owner_;
  Descriptor descriptor_;
  std::unique_ptr<tls::Stream> tls_;
  std::unique_ptr<Backlog> backlog_;  // null: nothing
  std::uint64_t sent_ = 0;            // in clear
  std::uint32_t watched_ = 0;         // in the ready set; 0: it is not there
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool read_wants_write_ = false;  // TLS has to say something before it reads on,
  bool write_wants_read_ = false;  // or to hear something before it writes on
  bool in_batch_ = false;
  bool ending_ = false;  // TLS has to take its leave before the sending side ends
};
static_assert(sizeof(Socket) <= 80, "one for each connection");

// "127.0.0.1", "::1"; an IPv4 address inside IPv6 is shown as IPv4.
std::string AddressText(const Endpoint& endpoint);

}  // namespace penstock::tcp
