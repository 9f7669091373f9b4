// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runner/client.h"

#include <utility>

#include "endpoint/answer_lines.h"
#include "session/session.h"
#include "tlcp/line_writer.h"

namespace penstock::transcript {

void Client::Use(Transport transport, tlcp::Version version) {
  transport_ = transport;
  version_ = version;
}

void Client::Send(std::string_view message) {
  std::string_view body = message;
  const std::optional<tlcp::RequestName> name = tlcp::TakeRequestName(body);
  if (!name) {
    std::string lines;
    tlcp::AppendError(tlcp::MakeError(tlcp::RequestCode::kMalformedRequest), lines);
    Receive(lines);
    return;
  }
  const std::string query = "LS_protocol=TLCP-" + version_.ToString();
  const tlcp::Arrival arrival =
      websocket() ? tlcp::Arrival{true, {}, version_} : tlcp::Arrival{false, query, std::nullopt};
  tlcp::RequestReader reader(*name, body, arrival);
  while (std::optional<tlcp::Parsed<tlcp::Request>> parsed = reader.Next()) {
    if (parsed->ok()) {
      Serve(std::move(parsed->value()));
    } else {
      std::string lines;
      endpoint::AppendRejection(parsed->rejection(), lines);
      Receive(lines);
      if (parsed->rejection().line == tlcp::Rejection::Line::kConErr) EndResponse();
    }
  }
}

void Client::Serve(tlcp::Request request) {
  if (auto* create = std::get_if<tlcp::CreateSession>(&request)) {
    ServeCreate(std::move(*create));
  } else if (auto* bind = std::get_if<tlcp::BindSession>(&request)) {
    ServeBind(*bind);
  } else if (auto* control = std::get_if<tlcp::Control>(&request)) {
    ServeControl(std::move(*control));
  } else if (auto* message = std::get_if<tlcp::Message>(&request)) {
    ServeMessage(std::move(*message));
  } else if (auto* heartbeat = std::get_if<tlcp::Heartbeat>(&request)) {
    router_.Touch(heartbeat->session_id.value_or(default_session_));
    if (!websocket()) Answer({}, true, std::nullopt);
  } else if (std::holds_alternative<tlcp::Wsok>(request)) {
    std::string lines;
    tlcp::AppendWsok(lines);
    Receive(lines);
  } else {
    received_.emplace_back("(this runner knows no such request)");
  }
}

void Client::ServeCreate(tlcp::CreateSession request) {
  const tlcp::LinkOptions options = request.link;
  table_.Open(std::move(request), {ip_, "1234", "main", {}, {}, {}},
              [this, options](std::variant<session::Session*, tlcp::Error> result) {
                if (auto* opened = std::get_if<session::Session*>(&result)) {
                  BindTo(**opened, options, true);
                } else {
                  Refuse(std::get<tlcp::Error>(result));
                }
              });
}

void Client::ServeBind(const tlcp::BindSession& request) {
  const std::string id = request.session_id.value_or(default_session_);
  session::Session* const session = table_.Find(id);
  if (session == nullptr) {
    std::string lines;
    table_.AppendMissing(id, lines);
    Receive(lines);
    EndResponse();
  } else if (const auto refused = session->PrepareBind(request.recovery_from)) {
    Refuse(*refused);
  } else {
    BindTo(*session, request.link, false);
  }
}

void Client::BindTo(session::Session& session, const tlcp::LinkOptions& options, bool created) {
  session_ = &session;
  default_session_ = session.id();
  session.Bind(this, options, websocket(), created, ip_);
}

void Client::ServeControl(tlcp::Control control) {
  bool ack = true;
  if (const auto* add = std::get_if<tlcp::Add>(&control.op)) ack = add->ack;
  if (const auto* del = std::get_if<tlcp::Delete>(&control.op)) ack = del->ack;
  std::string session_id = control.session_id.value_or(default_session_);
  std::string request_id = control.request_id;
  router_.Route(std::move(session_id), std::move(control),
                [this, ack, request_id = std::move(request_id)](std::optional<tlcp::Error> error) {
                  Answer(request_id, ack, error);
                });
}

void Client::ServeMessage(tlcp::Message message) {
  std::string session_id = message.session_id.value_or(default_session_);
  const bool ack = message.ack;
  std::string request_id = message.request_id;
  router_.Route(std::move(session_id), std::move(message),
                [this, ack, request_id = std::move(request_id)](std::optional<tlcp::Error> error) {
                  Answer(request_id, ack, error);
                });
}

void Client::Answer(const std::string& request_id, bool ack,
                    const std::optional<tlcp::Error>& error) {
  if (!ack && !error) return;
  if (websocket() && session_ != nullptr) session_->SendHead();
  std::string lines;
  endpoint::AppendAnswer(request_id, error, lines);
  Receive(lines);
}

void Client::Refuse(const tlcp::Error& error) {
  std::string lines;
  tlcp::AppendConErr(error, lines);
  Receive(lines);
  EndResponse();
}

void Client::EndResponse() {
  if (!websocket()) received_.emplace_back("(end)");
}

void Client::SetWritable(bool writable) {
  writable_ = writable;
  if (writable && session_ != nullptr) session_->OnLinkWritable();
}

void Client::Cut() {
  if (session_ != nullptr) std::exchange(session_, nullptr)->OnLinkLost();
}

std::vector<std::string> Client::Take() { return std::exchange(received_, {}); }

void Client::Receive(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = lines.find(tlcp::kLineEnd);
    const std::string_view line = lines.substr(0, end);
    if (end == std::string_view::npos || line.find('\n') != std::string_view::npos) {
      received_.push_back("(garbage) " + std::string(line));
    } else {
      received_.emplace_back(line);
    }
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + tlcp::kLineEnd.size());
  }
}

void Client::Flush(std::string& cork) {
  taken_ += cork.size() - session::kHeaderRoom;
  Receive(std::string_view(cork).substr(session::kHeaderRoom));
}

std::uint64_t Client::Finish(bool close_socket) {
  session_ = nullptr;
  EndResponse();
  if (websocket() && close_socket) received_.emplace_back("(closed)");
  return taken_;
}

void Client::Abandon(bool) {
  session_ = nullptr;
  EndResponse();
}

}  // namespace penstock::transcript
