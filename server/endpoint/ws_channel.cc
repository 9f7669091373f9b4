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

WsChannel::WsChannel(Connection& connection, tlcp::Version version, session::SharedText headers)
    : connection_(connection), version_(version), headers_(std::move(headers)) {}

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
    if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
    waiting_->bytes += message.size();
    if (waiting_->messages.size() >= kMaxWaiting ||
        waiting_->bytes > 4 * connection_.endpoint().options().request_limit) {
      connection_.ws()->Close(ws::CloseCode::kPolicyViolation, "too many requests");
      return;
    }
    waiting_->messages.emplace_back(message);
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
    const std::string id = heartbeat->session_id.value_or(std::string(default_session()));
    if (const auto misplaced = RefuseControl(connection_, default_session(), id)) {
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
    last_session_.reset();
    std::string lines;
    tlcp::AppendConErr(*misplaced, lines);
    SendLines(lines);
    return;
  }
  opening_ = true;
  ExpectNothing();
  Endpoint& endpoint = connection_.endpoint();
  session::ClientProfile client = MakeClientProfile(connection_, ClientHeaders(headers_.view()));
  const tlcp::LinkOptions options = request.link;
  auto on_opened = [this, &endpoint, ref = connection_.self(), options,
                    ip = client.ip](std::variant<session::Session*, tlcp::Error> result) {
    // This lives as long as the connection.
    Connection* const connection = endpoint.Find(ref);
    if (connection != nullptr && open()) {
      OnOpened(std::move(result), options, ip);
    } else if (auto* opened = std::get_if<session::Session*>(&result)) {
      (*opened)->Close(std::nullopt);
    }
  };
  endpoint.sessions().Open(std::move(request), std::move(client), std::move(on_opened));
}

void WsChannel::OnOpened(std::variant<session::Session*, tlcp::Error> result,
                         const tlcp::LinkOptions& options, std::string_view client_ip) {
  opening_ = false;
  ExpectRequest();
  if (auto* opened = std::get_if<session::Session*>(&result)) {
    BindLink(**opened, options, true, client_ip);
  } else {
    last_session_.reset();
    std::string lines;
    tlcp::AppendConErr(std::get<tlcp::Error>(result), lines);
    SendLines(lines);
  }
  ResumeWaiting();
}

void WsChannel::ResumeWaiting() {
  const std::unique_ptr<Waiting> waiting = std::move(waiting_);
  if (waiting == nullptr) return;
  // A create among them makes the ones behind it wait again.
  const std::span<std::string> messages = waiting->messages;
  for (std::size_t i = 0; i < messages.size() && open(); ++i) {
    behind_ = messages.subspan(i + 1);
    ServeMessage(messages[i]);
  }
  behind_ = {};
}

void WsChannel::Serve(std::string message, std::vector<std::string> behind) {
  behind.insert(behind.begin(), std::move(message));
  waiting_ = std::make_unique<Waiting>(Waiting{std::move(behind), 0});
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
  const std::string id = request.session_id.value_or(std::string(default_session()));
  std::string lines;
  if (StreamInPlace() && session_->id() != id) {
    tlcp::AppendConErr(tlcp::MakeError(tlcp::SessionCode::kStreamingInPlace), lines);
    SendLines(lines);
    return;
  }
  if (const auto misplaced = RefuseBind(connection_, default_session(), id)) {
    tlcp::AppendConErr(*misplaced, lines);
    SendLines(lines);
    return;
  }
  const auto shard = endpoint.router().ShardOf(id);
  if (shard && *shard != endpoint.shard().index()) {
    Handover handover;
    handover.to = *shard;
    handover.websocket = true;
    handover.version = version_;
    handover.ws_headers = headers_.view();
    handover.body = message;
    for (std::string& one : behind_) handover.waiting.push_back(std::move(one));
    connection_.HandOver(std::move(handover));
    return;
  }
  session::Session* const session = shard ? endpoint.sessions().Find(id) : nullptr;
  if (session == nullptr) {
    endpoint.sessions().AppendMissing(id, lines);
  } else if (const auto error = session->PrepareBind(request.recovery_from)) {
    tlcp::AppendConErr(*error, lines);
  } else {
    BindLink(*session, request.link, false, connection_.client_ip());
    return;
  }
  SendLines(lines);
}

void WsChannel::BindLink(session::Session& session, const tlcp::LinkOptions& options, bool created,
                         std::string_view client_ip) {
  session.Bind(this, options, true, created, client_ip);
  session_ = &session;
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
  std::string session_id = request.session_id.value_or(std::string(default_session()));
  std::string request_id = request.request_id;
  if (const auto misplaced = RefuseControl(connection_, default_session(), session_id)) {
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

std::string_view WsChannel::default_session() const {
  if (session_ != nullptr) return session_->id();
  return last_session_ == nullptr ? std::string_view() : *last_session_;
}

void WsChannel::Unbind() {
  if (session_ == nullptr) return;
  last_session_ = std::make_unique<std::string>(std::exchange(session_, nullptr)->id());
}

std::uint64_t WsChannel::Finish(bool close_socket) {
  Unbind();
  ExpectRequest();
  if (close_socket) connection_.ws()->Close(ws::CloseCode::kNormal, "");
  return taken();
}

void WsChannel::Abandon(bool broken) {
  Unbind();
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
