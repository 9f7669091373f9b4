// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/ws_channel.h"

#include "base/prefetch.h"
#include "endpoint/answer_lines.h"
#include "endpoint/client_headers.h"
#include "endpoint/connection.h"
#include "endpoint/role_rules.h"
#include "endpoint/web_socket.h"

namespace penstock::endpoint {

namespace {
// Messages that may wait for the answer to a create.
constexpr std::size_t kMaxWaiting = 1000;
}  // namespace

WsChannel::WsChannel(Connection& connection, std::string subprotocol, std::string headers)
    : connection_(connection),
      subprotocol_(std::move(subprotocol)),
      version_(tlcp::ParseSubprotocol(subprotocol_)),
      headers_(std::move(headers)) {}

WsChannel::~WsChannel() = default;

void WsChannel::OnMessage(bool text, std::string_view message) {
  if (text) {
    ServeMessage(message);
  } else {
    connection_.ws()->Close(ws::CloseCode::kUnsupportedData, "text only");
  }
}

bool WsChannel::CountRequest() {
  if (connection_.CountRequest()) return true;
  connection_.ws()->Close(ws::CloseCode::kPolicyViolation, "too many requests");
  return false;
}

// Of a message that has begun to come, the WebSocket watches the rest.
void WsChannel::ExpectNothing() {
  if (!connection_.ws()->half_sent()) connection_.ExpectInput(Millis(0));
}

void WsChannel::ServeMessage(std::string_view message) {
  ExpectRequest();
  if (opening_) {
    waiting_bytes_ += message.size();
    if (waiting_.size() >= kMaxWaiting ||
        waiting_bytes_ > 4 * connection_.endpoint().options().request_limit) {
      connection_.ws()->Close(ws::CloseCode::kPolicyViolation, "too many requests");
      return;
    }
    waiting_.emplace_back(message);
    return;
  }
  std::string_view rest = message;
  const auto name = tlcp::TakeRequestName(rest);
  if (!name) {
    if (!CountRequest()) return;
    ++connection_.endpoint().counters().protocol_errors;
    std::string lines;
    tlcp::AppendError(tlcp::MakeError(tlcp::RequestCode::kMalformedRequest), lines);
    SendLines(lines);
    return;
  }
  const tlcp::Arrival arrival{true, {}, version_};
  tlcp::RequestReader reader(*name, rest, arrival);
  while (open()) {
    std::optional<tlcp::Parsed<tlcp::Request>> parsed = reader.Next();
    if (!parsed || !CountRequest()) return;
    if (parsed->ok()) {
      OnRequest(std::move(parsed->value()), message);
      continue;
    }
    ++connection_.endpoint().counters().protocol_errors;
    std::string lines;
    AppendRejection(parsed->rejection(), lines);
    SendLines(lines);
  }
}

void WsChannel::OnRequest(tlcp::Request request, std::string_view message) {
  // A session counts its own requests; a bind may have been counted on another shard.
  const bool may =
      !std::holds_alternative<tlcp::CreateSession>(request) || connection_.CountForAddress();
  if (std::holds_alternative<tlcp::Wsok>(request)) {
    std::string lines;
    tlcp::AppendWsok(lines);
    SendLines(lines);
  } else if (auto* create = std::get_if<tlcp::CreateSession>(&request)) {
    if (may) {
      ServeCreate(std::move(*create));
    } else {
      std::string lines;
      tlcp::AppendConErr(tlcp::MakeError(tlcp::SessionCode::kOverloaded), lines);
      SendLines(lines);
    }
  } else if (auto* bind = std::get_if<tlcp::BindSession>(&request)) {
    ServeBind(std::move(*bind), message);
  } else if (auto* control = std::get_if<tlcp::Control>(&request)) {
    ServeControl(std::move(*control));
  } else if (auto* text = std::get_if<tlcp::Message>(&request)) {
    const bool ack = text->ack;
    Route(std::move(*text), ack);
  } else if (auto* heartbeat = std::get_if<tlcp::Heartbeat>(&request)) {
    const std::string id = heartbeat->session_id.value_or(default_session_);
    if (const auto misplaced = RefuseControl(connection_, default_session_, id)) {
      std::string lines;
      tlcp::AppendError(*misplaced, lines);
      SendLines(lines);
      return;
    }
    connection_.endpoint().router().Touch(id);
  }
}

void WsChannel::ServeCreate(tlcp::CreateSession request) {
  if (StreamInPlace()) {
    std::string lines;
    tlcp::AppendConErr(tlcp::MakeError(tlcp::SessionCode::kStreamingInPlace), lines);
    SendLines(lines);
    return;
  }
  if (const auto misplaced = RefuseCreate(connection_)) {
    default_session_.clear();
    std::string lines;
    tlcp::AppendConErr(*misplaced, lines);
    SendLines(lines);
    return;
  }
  opening_ = true;
  ExpectNothing();
  Endpoint& endpoint = connection_.endpoint();
  const session::ClientProfile client = MakeClientProfile(connection_, ClientHeaders(headers_));
  const tlcp::LinkOptions options = request.link;
  endpoint.sessions().Open(std::move(request), client,
                           [this, &endpoint, ref = connection_.self(),
                            options](std::variant<session::Session*, tlcp::Error> result) {
                             // This lives as long as the connection.
                             Connection* const connection = endpoint.Find(ref);
                             if (connection != nullptr && open()) {
                               OnOpened(std::move(result), options);
                             } else if (auto* opened = std::get_if<session::Session*>(&result)) {
                               (*opened)->Close(std::nullopt);
                             }
                           });
}

void WsChannel::OnOpened(std::variant<session::Session*, tlcp::Error> result,
                         const tlcp::LinkOptions& options) {
  opening_ = false;
  ExpectRequest();
  if (auto* opened = std::get_if<session::Session*>(&result)) {
    BindLink(**opened, options, true);
  } else {
    default_session_.clear();
    std::string lines;
    tlcp::AppendConErr(std::get<tlcp::Error>(result), lines);
    SendLines(lines);
  }
  ResumeWaiting();
}

void WsChannel::ResumeWaiting() {
  std::vector<std::string> waiting;
  std::swap(waiting, waiting_);
  waiting_bytes_ = 0;
  // A create among them makes the ones behind it wait again.
  for (std::size_t i = 0; i < waiting.size() && open(); ++i) {
    behind_ = std::span(waiting).subspan(i + 1);
    ServeMessage(waiting[i]);
  }
  behind_ = {};
}

void WsChannel::Serve(std::string message, std::vector<std::string> behind) {
  waiting_.push_back(std::move(message));
  for (std::string& one : behind) waiting_.push_back(std::move(one));
  ResumeWaiting();
}

// A socket that carries no session is nobody's for long.
void WsChannel::ExpectRequest() {
  if (session_ == nullptr && !opening_ && open() && !connection_.ws()->half_sent()) {
    connection_.ExpectInput(connection_.endpoint().options().read_timeout);
  }
}

void WsChannel::ServeBind(tlcp::BindSession request, std::string_view message) {
  Endpoint& endpoint = connection_.endpoint();
  const std::string id = request.session_id.value_or(default_session_);
  std::string lines;
  if (StreamInPlace() && session_->id() != id) {
    tlcp::AppendConErr(tlcp::MakeError(tlcp::SessionCode::kStreamingInPlace), lines);
    SendLines(lines);
    return;
  }
  if (const auto misplaced = RefuseBind(connection_, default_session_, id)) {
    tlcp::AppendConErr(*misplaced, lines);
    SendLines(lines);
    return;
  }
  const auto shard = endpoint.router().ShardOf(id);
  if (shard && *shard != endpoint.shard().index()) {
    Handover handover;
    handover.websocket = true;
    handover.subprotocol = subprotocol_;
    handover.ws_headers = headers_;
    handover.body = message;
    for (std::string& one : behind_) handover.waiting.push_back(std::move(one));
    connection_.HandOver(*shard, std::move(handover));
    return;
  }
  session::Session* const session = shard ? endpoint.sessions().Find(id) : nullptr;
  if (session == nullptr) {
    endpoint.sessions().AppendMissing(id, lines);
  } else if (const auto error = session->PrepareBind(request.recovery_from)) {
    tlcp::AppendConErr(*error, lines);
  } else {
    BindLink(*session, request.link, false);
    return;
  }
  SendLines(lines);
}

void WsChannel::BindLink(session::Session& session, const tlcp::LinkOptions& options,
                         bool created) {
  session.Bind(this, options, true, created, connection_.client_ip());
  session_ = &session;
  default_session_ = session.id();
  ExpectNothing();
}

void WsChannel::ServeControl(tlcp::Control control) {
  bool ack = true;
  if (const auto* add = std::get_if<tlcp::Add>(&control.op)) ack = add->ack;
  if (const auto* del = std::get_if<tlcp::Delete>(&control.op)) ack = del->ack;
  Route(std::move(control), ack);
}

template <class Request>
void WsChannel::Route(Request request, bool ack) {
  Endpoint& endpoint = connection_.endpoint();
  std::string session_id = request.session_id.value_or(default_session_);
  std::string request_id = request.request_id;
  if (const auto misplaced = RefuseControl(connection_, default_session_, session_id)) {
    Answer(request_id, ack, misplaced);
    return;
  }
  endpoint.router().Route(std::move(session_id), std::move(request),
                          [this, &endpoint, ref = connection_.self(), ack,
                           request_id = std::move(request_id)](std::optional<tlcp::Error> error) {
                            Connection* const connection = endpoint.Find(ref);
                            if (connection != nullptr && open()) {
                              Answer(request_id, ack, error);
                            }
                          });
}

void WsChannel::Answer(const std::string& request_id, bool ack,
                       const std::optional<tlcp::Error>& error) {
  if (!ack && !error) return;
  // Behind the CONOK of the bind that the request followed (TLCP §1.3).
  if (session_ != nullptr) session_->SendHead();
  std::string lines;
  AppendAnswer(request_id, error, lines);
  SendLines(lines);
}

void WsChannel::SendLines(std::string_view lines) {
  connection_.ws()->Send(ws::Opcode::kText, lines);
}

bool WsChannel::open() const { return !closed_ && connection_.is_open(); }

bool WsChannel::writable() const { return connection_.writable(); }

void WsChannel::Prefetch() const { penstock::Prefetch(&connection_, sizeof(Connection)); }

std::uint64_t WsChannel::taken() const { return connection_.taken(); }

std::uint64_t WsChannel::sent() const { return connection_.sent(); }

void WsChannel::Flush(std::string& cork) {
  connection_.ws()->SendInPlace(cork, session::kHeaderRoom);
}

std::uint64_t WsChannel::Finish(bool close_socket) {
  session_ = nullptr;
  ExpectRequest();
  if (close_socket) connection_.ws()->Close(ws::CloseCode::kNormal, "");
  return taken();
}

void WsChannel::Abandon(bool broken) {
  session_ = nullptr;
  if (broken) {
    connection_.Close("session recovered elsewhere");
    return;
  }
  ExpectRequest();
}

void WsChannel::OnWhole() { ExpectRequest(); }

void WsChannel::OnDrained() {
  if (session_ != nullptr) session_->OnLinkWritable();
}

void WsChannel::OnClosed() {
  closed_ = true;
  if (session_ != nullptr) std::exchange(session_, nullptr)->OnLinkLost();
}

}  // namespace penstock::endpoint
