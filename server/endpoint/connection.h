// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "endpoint/endpoint.h"
#include "protection/rate.h"
#include "runtime/shard.h"
#include "transport/tcp/socket.h"

namespace penstock::endpoint {

class HttpChannel;
class WebSocket;

// One TCP connection of a client: bytes in and out, timeouts, and the channel that understands
// them, HTTP first, WebSocket after an upgrade. Idle, it owns no buffer.
//
// Owned by the Endpoint of its shard until Close(). Shard: own; it may be handed over to another.
class Connection final : public tcp::SocketOwner, public runtime::Deferred {
 public:
  Connection(Endpoint& endpoint, std::uint32_t listener, tcp::Descriptor socket,
             const Client& client, protection::Seat seat);
  Connection(Endpoint& endpoint, Handover handover);
  ~Connection() override;

  // Once, when the endpoint knows it.
  void Start(ConnectionRef self);

  Endpoint& endpoint() { return endpoint_; }
  runtime::Shard& shard() { return endpoint_.shard(); }
  const ListenerProfile& listener() const { return endpoint_.listener(listener_index_); }
  std::uint32_t listener_index() const { return listener_index_; }
  ConnectionRef self() const { return self_; }
  // Who is served here: what a trusted proxy has told, else the socket's peer. The one answer for
  // logs, adapters, limits and the client itself.
  const tcp::Endpoint& client() const { return client_.endpoint; }
  // Told by a header of the request; nothing: the socket's peer.
  void SetClient(const std::optional<asio::ip::address>& ip);
  std::string client_ip() const { return tcp::AddressText(client()); }
  std::string client_port() const { return std::to_string(client().port()); }

  // The client's certificate; nothing where none is asked for.
  std::optional<session::ClientCertificate> certificate() const;

  // Sends now what the kernel takes. A client that lets too much pile up is cut off; the channel
  // hears of it as of any other end.
  void Write(std::string_view bytes);
  // The same at the end of the turn, together with what else is written in it.
  void WriteSoon(std::string bytes);
  void WriteHeld();
  // The same together with others, where the endpoint's batch takes it: when that is submitted.
  void WriteWithOthers(std::string_view bytes);
  // Nothing waits to be sent but what is held for the end of the turn.
  bool writable() const { return socket_.backlog_size() == 0; }
  // Bytes written so far, as they go on the wire.
  std::uint64_t taken() const { return socket_.taken() + (held_ == nullptr ? 0 : held_->size()); }
  std::uint64_t sent() const { return socket_.sent(); }
  // Ends the connection when all is sent; what the client still says is not read.
  void CloseAfterWrites();
  // Ends it now.
  void Close(std::string_view why);
  // The server drains: ends in order what is under way.
  void Drain();

  // The time limit on what the client is expected to do next; 0 = none.
  void ExpectInput(Millis limit);
  // The same for the rest of what began to come at `since`: the read timeout in all, and as much
  // more as the bytes so far have earned.
  void ExpectRest(TimePoint since, std::size_t received);

  // Every request is counted, whatever it asks for. False: the client is so far beyond its rate
  // that it is to be cut off.
  [[nodiscard]] bool CountRequest();
  // Counts a request that no session counts, for the client's address. False: to be refused.
  [[nodiscard]] bool CountForAddress();
  // From HTTP to WebSocket; the channel takes over once the running callback is left.
  void Upgrade(std::unique_ptr<WebSocket> channel);
  // Sends the connection to another shard, with a request that is served there.
  void HandOver(Handover handover);
  // The channel can take input again.
  void Resume();
  bool is_open() const { return state_ == State::kOpen; }
  HttpChannel* http() const { return http_.get(); }
  WebSocket* ws() const { return ws_.get(); }

  // tcp::SocketOwner
  void OnReadable() override;
  void OnDrained() override;
  void OnBatchCutShort(bool broken) override;

 private:
  enum class State : std::uint8_t { kOpen, kLeaving, kClosing, kClosed };

  void Arrive(Handover& arrival);
  // What is kept leaves room for more.
  bool HasRoom() const;
  void Keep(std::string_view unread);
  void Consume(char* data, std::size_t size);
  void ProcessKept();
  void Leave(std::string_view unread);
  // Wraps a new connection in TLS where its listener speaks it.
  void Secure();
  // After a read while hands are shaken. False: that has failed, and the connection ends.
  bool OnHandshake(tcp::ReadStatus status);
  void RefuseHandshake(std::string_view why);
  void OnBroken();
  // What was added to the batch has to go before anything else happens.
  void SettleBatch();
  void OnBacklog(std::size_t before);
  void OnWriteFailed();
  void OnTimer();
  bool ReadLate();
  void OnInputDue();
  void OnEnd();
  void EndSending();

  Endpoint& endpoint_;
  ConnectionRef self_;
  tcp::Socket socket_;
  Client client_;
  protection::Seat seat_;
  protection::ClientLedger::ConnectionPlace place_;
  protection::Rate flood_;
  const std::uint32_t listener_index_;
  State state_ = State::kOpen;
  bool processing_ = false;
  bool input_over_ = false;            // the client has ended its side
  bool securing_ = false;              // hands are being shaken, and nothing was said yet
  std::unique_ptr<std::string> kept_;  // unread bytes of a request that is not complete
  std::unique_ptr<std::string> held_;  // to be sent at the end of this turn; null: nothing
  std::unique_ptr<HttpChannel> http_;
  std::unique_ptr<WebSocket> ws_;
  std::unique_ptr<Handover> handover_;  // from another shard, until Start(); then to another one
  TimePoint input_due_ = TimePoint::max();
  TimePoint output_due_ = TimePoint::max();
  runtime::WheelTimer timer_;
};
static_assert(sizeof(Connection) <= 264, "there may be a million");

}  // namespace penstock::endpoint
