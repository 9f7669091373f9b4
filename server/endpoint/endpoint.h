// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/slot_map.h"
#include "base/status.h"
#include "endpoint/complaints.h"
#include "endpoint/options.h"
#include "endpoint/page_source.h"
#include "endpoint/request_router.h"
#include "endpoint/ws_consumer.h"
#include "protection/gate.h"
#include "runtime/shard.h"
#include "session/client_link.h"
#include "session/session_table.h"
#include "transport/http/date.h"
#include "transport/http/gzip.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/send_batch.h"
#include "transport/tls/context.h"

namespace penstock::endpoint {

class Connection;
class ProxyGreeting;

// Names a connection of this shard in a callback that may come after its end.
struct ConnectionRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

struct EndpointCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused_connections = 0;    // over the limit of the listener
  std::uint64_t proxy_headers_refused = 0;  // bad, missing or late
  std::uint64_t accepts_put_off = 0;        // moments, by a listener for new sessions that is full
  std::uint64_t misplaced_requests = 0;     // that the role of their listener does not allow
  std::uint64_t bad_forwards = 0;           // X-Forwarded-For without an address of the client
  std::uint64_t http_requests = 0;
  std::uint64_t ws_messages = 0;
  std::uint64_t protocol_errors = 0;  // broken HTTP, WebSocket or TLCP
  std::uint64_t read_timeouts = 0;
  std::uint64_t slow_readers = 0;  // cut off with a full backlog, or blocked too long
  std::uint64_t handed_over = 0;   // to the shard of their session
  std::uint64_t compressed = 0;    // responses sent as gzip
  std::uint64_t compressed_bytes_saved = 0;
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_resumed = 0;            // of them, with a ticket
  std::uint64_t tls_handshakes_failed = 0;  // those that took too long included
  std::uint64_t tls_timeouts = 0;           // of handshakes
  std::uint64_t tls_plain_requests = 0;     // HTTP without TLS where TLS is spoken
};

// Who is served by a connection.
struct Client {
  tcp::Endpoint endpoint;
  bool is_told = false;  // by a proxy; else it is the socket's peer
};

// A connection on its way from one shard to another: to the one its session lives on.
struct Handover {
  runtime::ShardIndex to = 0;
  tcp::Descriptor descriptor;
  std::unique_ptr<tls::Stream> tls;  // null: none
  Client client;
  std::uint32_t listener = 0;
  bool websocket = false;
  tlcp::Version version;             // of the WebSocket's sub-protocol
  std::string ws_headers;            // request headers of the handshake, as they came
  std::string head;                  // HTTP: head and decoded body of the request to be served
  std::string body;                  // WebSocket: the message to be served
  std::string unread;                // what came behind it
  std::vector<std::string> waiting;  // WebSocket: messages between `body` and `unread`
  std::string unsent;                // backlog
  protection::Seat seat;             // what it holds of what is bounded
  protection::ClientLedger::ConnectionPlace place;
  protection::Rate flood;
  protection::Rate control_frames;  // of the WebSocket
};

// A WebSocket that speaks something else than TLCP, at a path of its own.
struct WsPath {
  std::string path;
  std::size_t max_message_bytes;
  std::function<std::unique_ptr<WsConsumer>(Connection&)> make_consumer;
};

// Where connections of one shard meet its sessions: listeners, connections, request routing. One
// per shard; they know each other. Owned by the app. Shard: own.
class Endpoint final : private runtime::TurnHook, private session::LinkBatch {
 public:
  Endpoint(runtime::Shard& shard, const Options& options,
           const std::vector<ListenerProfile>& listeners, session::SessionTable& sessions,
           std::vector<session::SessionTable*> all_sessions, PageSource& pages);
  ~Endpoint() override;

  // The endpoints of all shards, by shard index; before the first turn.
  void Connect(std::vector<Endpoint*> all) { all_ = std::move(all); }

  // Before the first turn.
  void AddWsPath(WsPath path) { ws_paths_.push_back(std::move(path)); }
  const WsPath* FindWsPath(std::string_view path) const;
  // What new connections of a listener shake hands with from now on. Before Listen(), and again
  // when certificates have changed; none for a listener without TLS.
  void SetTls(std::size_t listener, std::shared_ptr<const tls::Context> context) {
    tls_[listener] = std::move(context);
  }
  const std::shared_ptr<const tls::Context>& tls(std::size_t listener) const {
    return tls_[listener];
  }

  // Opens this shard's listeners. Before the first turn.
  Status Listen();
  // No new connections.
  void StopInput();
  // Ends every connection in order, and those that are still on their way from another shard:
  // responses end, WebSockets are closed as "going away".
  void CloseConnections();
  std::size_t connection_count() const { return connections_.size() + greetings_.size(); }

  runtime::Shard& shard() { return shard_; }
  const Options& options() const { return options_; }
  const ListenerProfile& listener(std::size_t index) const { return listeners_[index]; }
  session::SessionTable& sessions() { return sessions_; }
  RequestRouter& router() { return router_; }
  PageSource& pages() { return pages_; }
  EndpointCounters& counters() { return counters_; }
  // What the log says about a client, unless it says so too often.
  void Complain(Complaints::Kind kind, std::string_view message,
                std::initializer_list<log::Field> fields) {
    complaints_.Note(kind, shard_.now(), message, fields);
  }
  std::string_view Date();
  // For whole bodies, shared by all connections.
  http::Gzip& gzip();
  // What connections have alike.
  session::TextTable& texts() { return sessions_.texts(); }
  tcp::SendBatch& sends() { return sends_; }
  // Free to use until the callback that runs is left.
  std::string& scratch() { return scratch_; }

  Connection* Find(ConnectionRef ref) const { return connections_.Find(ref.slot, ref.generation); }
  // Counts a connection for its client's address, unless it is one without limits. False: the
  // address has all it may.
  bool Count(Connection& connection, protection::ClientLedger::ConnectionPlace* place);
  // Counts a request of a client behind an HTTP proxy. False: its address is over its rate.
  bool CountRequest(const ListenerProfile& listener, std::string_view ip, TimePoint now);
  // Calls WriteHeld() of the connection when the sessions have written.
  void WriteAtEndOfTurn(ConnectionRef ref) { holding_.push_back(ref); }
  // Takes a closed connection out; it dies after the turn.
  void Retire(ConnectionRef ref);
  // Moves a connection to another shard, where its request is served.
  void HandOver(Handover handover);
  // A greeting is over: the connection begins, or it is gone.
  void OnGreeted(std::uint32_t slot, tcp::Descriptor socket, const Client& client);
  void OnNotGreeted(std::uint32_t slot);

 private:
  // runtime::TurnHook
  void OnEndTurn() override;
  bool HasWork() const override { return !holding_.empty(); }

  bool MayAccept(const ListenerProfile& listener);
  void Accept(std::uint32_t listener, tcp::Descriptor socket, const tcp::Endpoint& peer);
  // The first bytes of the client itself are next.
  void Begin(std::uint32_t listener, tcp::Descriptor socket, const Client& client,
             protection::Seat seat);
  void TakeOver(Handover handover);
  // session::LinkBatch
  void BeginBatch() override {
    if (options_.batch_sends) sends_.Begin();
  }
  void SendBatch() override { sends_.Submit(); }

  runtime::Shard& shard_;
  const Options& options_;
  const std::vector<ListenerProfile>& listeners_;
  session::SessionTable& sessions_;
  RequestRouter router_;
  PageSource& pages_;
  std::vector<WsPath> ws_paths_;
  std::vector<Endpoint*> all_;
  std::vector<std::unique_ptr<tcp::Listener>> open_;
  std::vector<std::shared_ptr<const tls::Context>> tls_;  // by listener
  tcp::SendBatch sends_;
  SlotMap<Connection> connections_;
  std::vector<ConnectionRef> holding_;  // have something to be written at the end of this turn
  SlotMap<ProxyGreeting> greetings_;
  http::DateCache date_;
  std::unique_ptr<http::Gzip> gzip_;  // null before the first use
  std::string scratch_;
  EndpointCounters counters_;
  Complaints complaints_;
  bool draining_ = false;
};

}  // namespace penstock::endpoint
