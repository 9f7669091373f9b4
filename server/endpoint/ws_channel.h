// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/ws_consumer.h"
#include "session/client_link.h"
#include "session/session.h"
#include "session/shared_text.h"
#include "tlcp/request_parser.h"

namespace penstock::endpoint {

class Connection;

// What TLCP says on a WebSocket (TLCP §1.3): requests and a session's notifications on one
// connection. Requests behind a create or bind that has no answer yet wait for it. Owned by the
// WsChannel of its connection. Shard: own.
class WsChannel final : public WsConsumer, public session::ClientLink {
 public:
  // `version`: of the sub-protocol. `headers`: the head of the handshake request, for the Metadata
  // Adapter.
  WsChannel(Connection& connection, tlcp::Version version, session::SharedText headers);
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
                const tlcp::LinkOptions& options, std::string_view client_ip);
  void BindLink(session::Session& session, const tlcp::LinkOptions& options, bool created,
                std::string_view client_ip);
  bool StreamInPlace() const { return session_ != nullptr; }
  bool open() const;
  void Answer(const std::string& request_id, bool ack, const std::optional<tlcp::Error>& error);
  void SendLines(std::string_view lines);
  void ResumeWaiting();
  [[nodiscard]] bool CountRequest();
  void ExpectRequest();
  void ExpectNothing();

  // For requests that name none.
  std::string_view default_session() const;
  // The session goes, and stays the one that requests without a name are for.
  void Unbind();

  // Messages behind a create.
  struct Waiting {
    std::vector<std::string> messages;
    std::size_t bytes = 0;
  };

  Connection& connection_;
  const tlcp::Version version_;
  bool opening_ = false;  // a create waits for the Metadata Adapter
  bool closed_ = false;
  const session::SharedText headers_;
  session::Session* session_ = nullptr;        // bound to this link
  std::unique_ptr<std::string> last_session_;  // the id of the one that was; null: none
  std::unique_ptr<Waiting> waiting_;           // null: none
  std::span<std::string> behind_;              // while one of them is served: those behind it
};
static_assert(sizeof(WsChannel) <= 88, "one for each connection");

}  // namespace penstock::endpoint
