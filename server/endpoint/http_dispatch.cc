// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an HTTP request asks for, by its path (TLCP §1.1), and who serves it.

#include <memory>

#include "endpoint/answer_lines.h"
#include "endpoint/client_headers.h"
#include "endpoint/connection.h"
#include "endpoint/forwarded_for.h"
#include "endpoint/http_channel.h"
#include "endpoint/role_rules.h"
#include "endpoint/web_socket.h"
#include "endpoint/ws_channel.h"
#include "transport/http/accept_encoding.h"
#include "transport/http/chars.h"
#include "transport/http/cors.h"
#include "transport/ws/handshake.h"

namespace penstock::endpoint {

namespace {

constexpr std::string_view kRoot = "/lightstreamer";
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::size_t kPagePiece = 64 * 1024;

// Collects the answers of the requests of one body, which come in any order, and sends them as one
// response when all are there.
struct Batch {
  Endpoint* endpoint;
  ConnectionRef connection;
  std::size_t open = 1;  // one for the reader of the body
  std::string lines;
};

}  // namespace

void HttpChannel::Dispatch(const http::RequestHead& head, std::string_view raw_head,
                           std::string body, bool arrived) {
  busy_ = true;
  keep_alive_ = head.keep_alive;
  version_minor_ = head.version_minor;
  head_only_ = head.method == http::Method::kHead;
  takes_gzip_ = version_minor_ != 0 &&
                connection_.endpoint().options().compression != Compression::kOff &&
                http::AcceptsGzip(head);
  if (!arrived) ++connection_.endpoint().counters().http_requests;
  connection_.ExpectInput(Millis(0));
  const ListenerProfile& listener = connection_.listener();
  if (listener.forward_hops > 0) IdentifyClient(head);
  headers_ = listener.response_headers;
  AppendEchoes(head);
  if (!arrived && !connection_.CountRequest()) {
    connection_.Close("flood");
    return;
  }
  if (!arrived && !connection_.CountForAddress()) {
    headers_ += "Retry-After: 1\r\n";
    Respond(429, kPlainText, "Too many requests\r\n");
    return;
  }
  const auto origin = head.Find("Origin");
  if (!listener.origins.Allows(origin, head.host, listener.secure)) {
    Respond(403, kPlainText, "Origin not allowed\r\n");
    return;
  }
  if (head.method == http::Method::kOptions) {
    ServePreflight(head);
    return;
  }
  if (origin) http::AppendCorsHeaders(*origin, true, &headers_);
  std::string_view path = head.path;
  if (const WsPath* const other = connection_.endpoint().FindWsPath(path)) {
    UpgradeToOther(head, *other);
    return;
  }
  if (path != kRoot && !path.starts_with("/lightstreamer/")) {
    ServePage(head);
    return;
  }
  path.remove_prefix(kRoot.size());
  if (path.empty() || path == "/") {
    UpgradeToTlcp(head, raw_head);
    return;
  }
  path.remove_prefix(1);
  if (path == "healthcheck") {
    Respond(200, kPlainText, "OK\r\n");
    return;
  }
  // One more component may stand in front: some clients name a realm there.
  if (const std::size_t slash = path.find('/'); slash != std::string_view::npos) {
    path.remove_prefix(slash + 1);
  }
  const auto name = tlcp::RequestNameFromPath(path);
  if (!name) {
    Respond(404, kPlainText, "Not found\r\n");
  } else if (head.method != http::Method::kPost && head.method != http::Method::kGet) {
    headers_ += "Allow: POST, GET, OPTIONS\r\n";
    Respond(405, kPlainText, "Method not allowed\r\n");
  } else {
    DispatchTlcp(head, raw_head, *name, std::move(body));
  }
}

void HttpChannel::IdentifyClient(const http::RequestHead& head) {
  const std::string list = ForwardedList(head);
  const Forwarded told = ReadForwarded(list, connection_.listener().forward_hops);
  connection_.SetClient(told.client);
  if (!told.junk) return;
  ++connection_.endpoint().counters().bad_forwards;
  connection_.endpoint().Complain(Complaints::Kind::kForwardedFor, "bad X-Forwarded-For",
                                  {{"peer", connection_.client_ip()},
                                   {"listener", connection_.listener().name},
                                   {"value", list}});
}

void HttpChannel::AppendEchoes(const http::RequestHead& head) {
  for (const std::string& name : connection_.listener().echoed_headers) {
    for (const http::Header& header : head.headers) {
      if (http::EqualsIgnoreCase(header.name, name)) {
        http::AppendHeader(name, header.value, &headers_);
      }
    }
  }
}

void HttpChannel::ServePreflight(const http::RequestHead& head) {
  if (const auto origin = head.Find("Origin")) {
    http::AppendPreflightHeaders(
        *origin, true, head.Find("Access-Control-Request-Headers").value_or(""), &headers_);
  }
  headers_ += "Allow: POST, GET, OPTIONS\r\n";
  std::string out;
  http::AppendBodilessHead(MakeHead(204, {}), &out);
  connection_.Write(out);
  EndExchange();
}

void HttpChannel::ServePage(const http::RequestHead& head) {
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) {
    headers_ += "Allow: GET, HEAD\r\n";
    Respond(405, kPlainText, "Method not allowed\r\n");
    return;
  }
  EndpointCounters& counters = connection_.endpoint().counters();
  const PageSource::Page page = connection_.endpoint().pages().Get(head, takes_gzip_);
  if (page.bytes_saved > 0) ++counters.compressed;
  counters.compressed_bytes_saved += page.bytes_saved;
  headers_ += page.headers;
  if (page.status == 304) {
    std::string out;
    http::AppendBodilessHead(MakeHead(304, {}), &out);
    connection_.Write(out);
    EndExchange();
    return;
  }
  std::string out;
  http::AppendFixedHead(MakeHead(page.status, page.content_type),
                        page.body == nullptr ? 0 : page.body->size(), &out);
  connection_.Write(out);
  if (page.body == nullptr || head_only_) {
    EndExchange();
    return;
  }
  page_ = page.body;
  page_sent_ = 0;
  SendPage();
}

void HttpChannel::SendPage() {
  while (page_sent_ < page_->size() && connection_.writable()) {
    const std::string_view piece = std::string_view(*page_).substr(page_sent_, kPagePiece);
    page_sent_ += piece.size();
    connection_.Write(piece);
  }
  if (page_sent_ < page_->size()) return;
  page_.reset();
  EndExchange();
}

std::optional<std::string_view> HttpChannel::CheckUpgrade(const http::RequestHead& head) {
  if (!connection_.listener().websocket) {
    keep_alive_ = false;
    Respond(403, kPlainText, "No WebSocket here\r\n");
    return std::nullopt;
  }
  const ws::UpgradeCheck check = ws::ValidateUpgrade(head);
  if (check.ok) return check.key;
  if (check.status == 426) headers_ += ws::kUpgradeRequiredHeaders;
  keep_alive_ = false;
  Respond(check.status, kPlainText, check.text);
  return std::nullopt;
}

void HttpChannel::SwitchProtocols(std::string_view key, std::string_view subprotocol,
                                  std::unique_ptr<WebSocket> channel) {
  std::string out;
  out.reserve(256 + headers_.size());
  ws::AppendSwitchingProtocols(key, subprotocol, headers_, &out);
  connection_.WriteSoon(std::move(out));
  busy_ = false;
  connection_.Upgrade(std::move(channel));
}

// The head of a handshake without the line of its key, which tells nobody anything: so that it is
// kept once for all clients of a kind.
std::string WithoutNonce(std::string_view raw_head, std::string_view key) {
  const auto at = static_cast<std::size_t>(key.data() - raw_head.data());
  const std::size_t begin = raw_head.rfind('\n', at) + 1;
  const std::size_t end = raw_head.find('\n', at) + 1;
  std::string rest;
  rest.reserve(raw_head.size());
  rest.append(raw_head.substr(0, begin)).append(raw_head.substr(end));
  return rest;
}

void HttpChannel::UpgradeToTlcp(const http::RequestHead& head, std::string_view raw_head) {
  const auto key = CheckUpgrade(head);
  if (!key) return;
  // Exactly one sub-protocol is offered by every client; a version that is not known is refused in
  // the answer to the first request, in the client's terms.
  for (const std::string_view offer : ws::OfferedSubprotocols(head)) {
    const std::optional<tlcp::Version> version = tlcp::ParseSubprotocol(offer);
    if (!version) continue;
    auto tlcp = std::make_unique<WsChannel>(
        connection_, *version, connection_.endpoint().texts().Get(WithoutNonce(raw_head, *key)));
    SwitchProtocols(
        *key, offer,
        std::make_unique<WebSocket>(connection_, connection_.endpoint().options().request_limit,
                                    std::move(tlcp)));
    return;
  }
  keep_alive_ = false;
  Respond(400, kPlainText, "No sub-protocol TLCP-<version>.lightstreamer.com offered\r\n");
}

void HttpChannel::UpgradeToOther(const http::RequestHead& head, const WsPath& path) {
  const auto key = CheckUpgrade(head);
  if (!key) return;
  SwitchProtocols(*key, {},
                  std::make_unique<WebSocket>(connection_, path.max_message_bytes,
                                              path.make_consumer(connection_)));
}

void HttpChannel::DispatchTlcp(const http::RequestHead& head, std::string_view raw_head,
                               tlcp::RequestName name, std::string body) {
  const tlcp::Arrival arrival{false, head.query, std::nullopt};
  tlcp::RequestReader reader(name, body, arrival);
  if (name != tlcp::RequestName::kCreateSession && name != tlcp::RequestName::kBindSession) {
    ServeControls(reader);
    return;
  }
  for_session_ = true;
  std::optional<tlcp::Parsed<tlcp::Request>> parsed = reader.Next();
  if (!parsed || !parsed->ok()) {
    ++connection_.endpoint().counters().protocol_errors;
    std::string lines;
    if (parsed) AppendRejection(parsed->rejection(), lines);
    RespondTlcp(lines);
    return;
  }
  if (auto* create = std::get_if<tlcp::CreateSession>(&parsed->value())) {
    ServeCreate(head, std::move(*create));
  } else {
    tlcp::BindSession bind = std::move(std::get<tlcp::BindSession>(parsed->value()));
    ServeBind(raw_head, std::move(body), std::move(bind));
  }
}

void HttpChannel::ServeCreate(const http::RequestHead& head, tlcp::CreateSession request) {
  Endpoint& endpoint = connection_.endpoint();
  if (const auto misplaced = RefuseCreate(connection_)) {
    RespondConErr(*misplaced);
    return;
  }
  session::ClientProfile client = MakeClientProfile(connection_, ClientHeaders(head));
  const tlcp::LinkOptions options = request.link;
  endpoint.sessions().Open(std::move(request), std::move(client),
                           [&endpoint, ref = connection_.self(),
                            options](std::variant<session::Session*, tlcp::Error> result) {
                             Connection* const connection = endpoint.Find(ref);
                             session::Session* const* const opened =
                                 std::get_if<session::Session*>(&result);
                             if (connection == nullptr || !connection->is_open()) {
                               if (opened != nullptr) (*opened)->Close(std::nullopt);
                             } else if (opened != nullptr) {
                               connection->http()->BindLink(**opened, options, true);
                             } else {
                               connection->http()->RespondConErr(std::get<tlcp::Error>(result));
                             }
                           });
}

void HttpChannel::ServeBind(std::string_view raw_head, std::string body,
                            tlcp::BindSession request) {
  Endpoint& endpoint = connection_.endpoint();
  if (const auto misplaced = RefuseBind(connection_, {}, *request.session_id)) {
    RespondConErr(*misplaced);
    return;
  }
  const auto shard = endpoint.router().ShardOf(*request.session_id);
  if (shard && *shard != endpoint.shard().index()) {
    Handover handover;
    handover.to = *shard;
    handover.head = raw_head;
    handover.body = std::move(body);
    connection_.HandOver(std::move(handover));
    return;
  }
  session::Session* const session = shard ? endpoint.sessions().Find(*request.session_id) : nullptr;
  std::string lines;
  if (session == nullptr) {
    endpoint.sessions().AppendMissing(*request.session_id, lines);
  } else if (const auto error = session->PrepareBind(request.recovery_from)) {
    tlcp::AppendConErr(*error, lines);
  } else {
    BindLink(*session, request.link, false);
    return;
  }
  RespondTlcp(lines);
}

void HttpChannel::ServeControls(tlcp::RequestReader& reader) {
  Endpoint& endpoint = connection_.endpoint();
  auto batch = std::make_shared<Batch>(Batch{&endpoint, connection_.self(), 1, {}});
  const auto close_one = [](Batch& of) {
    if (--of.open > 0) return;
    Connection* const connection = of.endpoint->Find(of.connection);
    if (connection != nullptr && connection->is_open()) connection->http()->RespondTlcp(of.lines);
  };
  const auto route = [&](auto request) {
    std::string session_id = *request.session_id;
    std::string request_id = request.request_id;
    if (const auto misplaced = RefuseControl(connection_, {}, session_id)) {
      AppendAnswer(request_id, misplaced, batch->lines);
      return;
    }
    ++batch->open;
    endpoint.router().Route(
        std::move(session_id), std::move(request),
        [batch, close_one, request_id = std::move(request_id)](std::optional<tlcp::Error> error) {
          AppendAnswer(request_id, error, batch->lines);
          close_one(*batch);
        });
  };
  bool first = true;
  while (std::optional<tlcp::Parsed<tlcp::Request>> parsed = reader.Next()) {
    // The first was counted as the HTTP request.
    if (!std::exchange(first, false) && !connection_.CountRequest()) {
      connection_.Close("flood");
      return;
    }
    if (!parsed->ok()) {
      ++endpoint.counters().protocol_errors;
      AppendRejection(parsed->rejection(), batch->lines);
    } else if (auto* control = std::get_if<tlcp::Control>(&parsed->value())) {
      route(std::move(*control));
    } else if (auto* message = std::get_if<tlcp::Message>(&parsed->value())) {
      route(std::move(*message));
    } else if (auto* heartbeat = std::get_if<tlcp::Heartbeat>(&parsed->value())) {
      const std::string session_id = heartbeat->session_id.value_or("");
      if (const auto misplaced = RefuseControl(connection_, {}, session_id)) {
        tlcp::AppendError(*misplaced, batch->lines);
        continue;
      }
      if (!session_id.empty()) endpoint.router().Touch(session_id);
      AppendAnswer({}, std::nullopt, batch->lines);
    }
  }
  close_one(*batch);
}

}  // namespace penstock::endpoint
