// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "session/client_link.h"
#include "session/session.h"
#include "tlcp/request_parser.h"
#include "transport/http/body_reader.h"
#include "transport/http/gzip.h"
#include "transport/http/request_head.h"
#include "transport/http/request_head_parser.h"
#include "transport/http/response_writer.h"

namespace penstock::endpoint {

class Connection;
class WebSocket;
struct Handover;
struct WsPath;

// HTTP on a connection: one request at a time, pipelined ones wait. Serves the protocol's requests
// (TLCP §1.1), static pages, the health check and preflights, and is the link of a session whose
// stream or poll is its response.
// Owned by its Connection. Shard: own.
class HttpChannel final : public session::ClientLink {
 public:
  explicit HttpChannel(Connection& connection) : connection_(connection) {}
  ~HttpChannel();

  // Takes what it can of `data`; returns how much. Takes nothing while a request is being served.
  std::size_t Consume(std::string_view data);
  // A request that was read on another shard.
  void Serve(std::string_view head, std::string body, bool arrived = true);
  bool busy() const { return busy_; }
  // Part of a body has come.
  bool receiving() const { return incoming_ != nullptr; }
  // The rest of a request did not come in time.
  void RefuseSlow() { Refuse({408, "Request Timeout"}); }
  // The request being served is not one for a session's stream or poll.
  bool answering() const { return busy_ && !for_session_; }
  void OnDrained();
  void OnEnd();
  void Drain();

  // session::ClientLink
  bool writable() const override;
  void Prefetch() const override;
  std::uint64_t taken() const override;
  std::uint64_t sent() const override;
  void Flush(std::string& cork) override;
  std::uint64_t Finish(bool close_socket) override;
  void Abandon(bool broken) override;

 private:
  // A body that came in pieces.
  struct Incoming {
    std::string head;
    std::string body;
    http::BodyReader reader;
    TimePoint since;
  };

  // Of a request that came from another shard it was counted there.
  void Dispatch(const http::RequestHead& head, std::string_view raw_head, std::string body,
                bool arrived = false);
  void DispatchTlcp(const http::RequestHead& head, std::string_view raw_head,
                    tlcp::RequestName name, std::string body);
  void ServeCreate(const http::RequestHead& head, tlcp::CreateSession request);
  void ServeBind(std::string_view raw_head, std::string body, tlcp::BindSession request);
  void ServeControls(tlcp::RequestReader& reader);
  // By X-Forwarded-For.
  void IdentifyClient(const http::RequestHead& head);
  void AppendEchoes(const http::RequestHead& head);
  void ServePreflight(const http::RequestHead& head);
  void ServePage(const http::RequestHead& head);
  void SendPage();
  void UpgradeToTlcp(const http::RequestHead& head, std::string_view raw_head);
  void UpgradeToOther(const http::RequestHead& head, const WsPath& path);
  // The key of the handshake, or nothing when it was refused.
  std::optional<std::string_view> CheckUpgrade(const http::RequestHead& head);
  void SwitchProtocols(std::string_view key, std::string_view subprotocol,
                       std::unique_ptr<WebSocket> channel);
  void BindLink(session::Session& session, const tlcp::LinkOptions& options, bool created);

  // What every answer to this request has in common.
  http::ResponseHead MakeHead(int status, std::string_view content_type);
  void Respond(int status, std::string_view content_type, std::string_view body);
  void RespondTlcp(std::string_view lines);
  // The same, but the exchange goes on.
  void WriteResponse(int status, std::string_view content_type, std::string_view body);
  void RespondConErr(const tlcp::Error& error);
  void Refuse(const http::RequestError& error);
  // The response is complete: the next request may come.
  void EndExchange();
  void ExpectNextRequest();
  void AppendStreamHead(std::string& out);
  bool Compresses(std::size_t body_size) const;
  std::string Compress(std::string_view body);
  // Of a stream that is compressed: a chunk for what was flushed.
  void SendCompressed(std::string_view lines, bool last);
  void EndChunks();

  Connection& connection_;
  http::RequestHeadParser parser_;
  std::unique_ptr<Incoming> incoming_;
  bool head_begun_ = true;   // its time runs: for the first one from the accept on
  bool busy_ = false;        // a request is being served
  bool keep_alive_ = false;  // after it
  int version_minor_ = 1;
  bool head_only_ = false;
  bool for_session_ = false;
  bool takes_gzip_ = false;  // the client, and the options let it
  std::string headers_;      // CORS and the listener's, of the answer under way

  // A page goes out in pieces, as the client reads: nobody has a copy of the whole.
  std::shared_ptr<const std::string> page_;
  std::size_t page_sent_ = 0;

  // As a link.
  session::Session* session_ = nullptr;
  bool polling_ = false;
  bool stream_begun_ = false;
  std::string poll_body_;
  std::unique_ptr<http::Gzip> stream_gzip_;
};

}  // namespace penstock::endpoint
