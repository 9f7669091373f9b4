// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/ws_consumer.h"
#include "session/client_link.h"
#include "session/session.h"
#include "tlcp/request_parser.h"

namespace penstock::endpoint {

class Connection;

// What TLCP says on a WebSocket (TLCP §1.3): requests and a session's notifications on one
// connection. Requests behind a create or bind that has no answer yet wait for it. Owned by the
// WsChannel of its connection. Shard: own.
class WsChannel final : public WsConsumer, public session::ClientLink {
 public:
  // `headers`: the head of the handshake request, for the Metadata Adapter.
  WsChannel(Connection& connection, std::string subprotocol, std::string headers);
  ~WsChannel() override;

  // A message that arrived on another shard, and what waited behind it.
  void Serve(std::string message, std::vector<std::string> behind);

  // WsConsumer
  void OnMessage(bool text, std::string_view message) override;
  void OnWhole() override;
  void OnDrained() override;
  void OnClosed() override;

  // session::ClientLink
  bool writable() const override;
  void Prefetch() const override;
  std::uint64_t taken() const override;
  std::uint64_t sent() const override;
  void Flush(std::string& cork) override;
  std::uint64_t Finish(bool close_socket) override;
  void Abandon(bool broken) override;

 private:
  void ServeMessage(std::string_view message);
  void OnRequest(tlcp::Request request, std::string_view message);
  void ServeCreate(tlcp::CreateSession request);
  void ServeBind(tlcp::BindSession request, std::string_view message);
  void ServeControl(tlcp::Control control);
  // To its session; the answer comes back here.
  template <class Request>
  void Route(Request request, bool ack);
  void OnOpened(std::variant<session::Session*, tlcp::Error> result,
                const tlcp::LinkOptions& options);
  void BindLink(session::Session& session, const tlcp::LinkOptions& options, bool created);
  bool StreamInPlace() const { return session_ != nullptr; }
  bool open() const;
  void Answer(const std::string& request_id, bool ack, const std::optional<tlcp::Error>& error);
  void SendLines(std::string_view lines);
  void ResumeWaiting();
  [[nodiscard]] bool CountRequest();
  void ExpectRequest();
  void ExpectNothing();

  Connection& connection_;
  const std::string subprotocol_;
  const std::optional<tlcp::Version> version_;
  std::string headers_;
  session::Session* session_ = nullptr;  // bound to this link
  std::string default_session_;          // for requests that name none
  bool opening_ = false;                 // a create waits for the Metadata Adapter
  bool closed_ = false;
  std::vector<std::string> waiting_;  // messages behind it
  std::size_t waiting_bytes_ = 0;
  std::span<std::string> behind_;  // while one of them is served: those behind it
};

}  // namespace penstock::endpoint
