// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/request_router.h"
#include "session/client_link.h"
#include "session/session_table.h"
#include "tlcp/request_parser.h"

namespace penstock::transcript {

// A client and its connection: what endpoint/ does between bytes and sessions, without the bytes.
// Owned by the Stage. Shard: own; all but Take() is called in a turn.
class Client final : public session::ClientLink {
 public:
  enum class Transport { kWebSocket, kHttp };

  Client(session::SessionTable& table, std::string ip)
      : table_(table), router_(table, {&table}), ip_(std::move(ip)) {}

  void Use(Transport transport, tlcp::Version version);
  void SetAddress(std::string ip) { ip_ = std::move(ip); }
  // A WebSocket message, or over HTTP a request whose name is the first line.
  void Send(std::string_view message);
  void SetWritable(bool writable);
  // The connection is gone.
  void Cut();

  // The lines that came since the last call. What is no line is told in parentheses: `(end)` of the
  // response to a create or bind over HTTP, `(closed)` for the WebSocket, `(garbage)` for bytes
  // that are no whole lines.
  std::vector<std::string> Take();

  // session::ClientLink
  bool writable() const override { return writable_; }
  void Flush(std::string& cork) override;
  std::uint64_t taken() const override { return taken_; }
  std::uint64_t sent() const override { return 0; }  // nothing leaves a link that is blocked
  std::uint64_t Finish(bool close_socket) override;
  void Abandon(bool broken) override;

 private:
  void Serve(tlcp::Request request);
  void ServeCreate(tlcp::CreateSession request);
  void ServeBind(const tlcp::BindSession& request);
  void ServeControl(tlcp::Control control);
  void ServeMessage(tlcp::Message message);
  void BindTo(session::Session& session, const tlcp::LinkOptions& options, bool created);
  void Answer(const std::string& request_id, bool ack, const std::optional<tlcp::Error>& error);
  void Refuse(const tlcp::Error& error);
  void EndResponse();
  void Receive(std::string_view lines);
  bool websocket() const { return transport_ == Transport::kWebSocket; }

  session::SessionTable& table_;
  endpoint::RequestRouter router_;
  std::string ip_;
  Transport transport_ = Transport::kWebSocket;
  tlcp::Version version_ = tlcp::kNewestVersion;
  session::Session* session_ = nullptr;  // bound to this link
  std::string default_session_;          // for requests that name none
  bool writable_ = true;
  std::uint64_t taken_ = 0;  // bytes of lines
  std::vector<std::string> received_;
};

}  // namespace penstock::transcript
