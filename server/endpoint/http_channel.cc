// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/http_channel.h"

#include <utility>

#include "base/prefetch.h"
#include "endpoint/connection.h"
#include "tlcp/line_writer.h"

namespace penstock::endpoint {

namespace {

// Nothing in between may keep, change or hold back what we say (TLCP §1.2).
constexpr std::string_view kNoCache =
    "Cache-Control: no-store, no-transform, no-cache\r\n"
    "X-Accel-Buffering: no\r\n"
    "X-Content-Type-Options: nosniff\r\n";

constexpr std::string_view kGzipHeaders =
    "Content-Encoding: gzip\r\n"
    "Vary: Accept-Encoding\r\n";

}  // namespace

constexpr std::string_view kTlcpContentType = "text/plain; charset=utf-8";

HttpChannel::~HttpChannel() = default;

std::size_t HttpChannel::Consume(std::string_view data) {
  if (busy_) return 0;
  const Options& options = connection_.endpoint().options();
  std::size_t used = 0;
  if (incoming_ != nullptr) {
    switch (incoming_->reader.Consume(data, &used, &incoming_->body)) {
      case http::BodyResult::kNeedMore:
        connection_.ExpectRest(incoming_->since, incoming_->body.size());
        return used;
      case http::BodyResult::kError:
        Refuse(incoming_->reader.error());
        return data.size();
      case http::BodyResult::kDone:
        break;
    }
    const std::unique_ptr<Incoming> whole = std::move(incoming_);
    Serve(whole->head, std::move(whole->body), false);
    return used;
  }
  http::RequestHead head;
  http::RequestError error;
  std::size_t head_size = 0;
  const http::HeadLimits limits{options.max_head_bytes / 2, options.max_head_bytes,
                                options.max_headers};
  switch (parser_.Parse(data, limits, &head, &head_size, &error)) {
    case http::ParseResult::kNeedMore:
      if (!head_begun_) connection_.ExpectInput(options.read_timeout);
      head_begun_ = true;
      return 0;
    case http::ParseResult::kError:
      Refuse(error);
      return data.size();
    case http::ParseResult::kComplete:
      break;
  }
  http::BodyReader reader;
  std::string body;
  reader.Start(head, options.request_limit);
  switch (reader.Consume(data.substr(head_size), &used, &body)) {
    case http::BodyResult::kError:
      Refuse(reader.error());
      return data.size();
    case http::BodyResult::kNeedMore:
      if (head.expect_continue) connection_.Write(http::kContinueResponse);
      incoming_ =
          std::make_unique<Incoming>(Incoming{std::string(data.substr(0, head_size)),
                                              std::move(body), reader, connection_.shard().now()});
      connection_.ExpectRest(incoming_->since, 0);
      break;
    case http::BodyResult::kDone:
      Dispatch(head, data.substr(0, head_size), std::move(body));
      break;
  }
  return head_size + used;
}

void HttpChannel::Serve(std::string_view raw_head, std::string body, bool arrived) {
  // It was understood before, so it is again.
  http::RequestHeadParser parser;
  http::RequestHead head;
  http::RequestError error;
  std::size_t size = 0;
  const http::HeadLimits limits{raw_head.size(), raw_head.size(), raw_head.size()};
  if (parser.Parse(raw_head, limits, &head, &size, &error) != http::ParseResult::kComplete) {
    Refuse({400, "Bad Request"});
    return;
  }
  Dispatch(head, raw_head, std::move(body), arrived);
}

bool HttpChannel::writable() const { return connection_.writable(); }

void HttpChannel::Prefetch() const { penstock::Prefetch(&connection_, sizeof(Connection)); }

std::uint64_t HttpChannel::taken() const { return connection_.taken(); }

std::uint64_t HttpChannel::sent() const { return connection_.sent(); }

void HttpChannel::OnDrained() {
  if (page_ != nullptr) {
    SendPage();  // may bring the next request, and be it the upgrade that ends this
    return;
  }
  if (session_ != nullptr) {
    session_->OnLinkWritable();
  } else if (!busy_) {
    ExpectNextRequest();
  }
}

void HttpChannel::OnEnd() {
  if (session_ != nullptr) std::exchange(session_, nullptr)->OnLinkLost();
}

void HttpChannel::Drain() {
  keep_alive_ = false;
  if (!busy_) connection_.CloseAfterWrites();
}

http::ResponseHead HttpChannel::MakeHead(int status, std::string_view content_type) {
  http::ResponseHead head;
  head.status = status;
  head.content_type = content_type;
  head.date = connection_.endpoint().Date();
  head.rendered_headers = headers_;
  head.keep_alive = keep_alive_;
  head.version_minor = version_minor_;
  return head;
}

bool HttpChannel::Compresses(std::size_t body_size) const {
  return takes_gzip_ && body_size >= connection_.endpoint().options().compression_threshold;
}

std::string HttpChannel::Compress(std::string_view body) {
  std::string small;
  connection_.endpoint().gzip().Finish(body, &small);
  headers_ += kGzipHeaders;
  EndpointCounters& counters = connection_.endpoint().counters();
  ++counters.compressed;
  if (small.size() < body.size()) counters.compressed_bytes_saved += body.size() - small.size();
  return small;
}

void HttpChannel::Respond(int status, std::string_view content_type, std::string_view body) {
  WriteResponse(status, content_type, body);
  EndExchange();
}

void HttpChannel::WriteResponse(int status, std::string_view content_type, std::string_view body) {
  std::string out;
  std::string small;
  if (Compresses(body.size())) {
    small = Compress(body);
    body = small;
  }
  const http::ResponseHead head = MakeHead(status, content_type);
  http::AppendFixedHead(head, body.size(), &out);
  if (!head_only_) out += body;
  connection_.Write(out);
}

void HttpChannel::RespondTlcp(std::string_view lines) {
  headers_ += kNoCache;
  Respond(200, kTlcpContentType, lines);
}

void HttpChannel::RespondConErr(const tlcp::Error& error) {
  std::string lines;
  tlcp::AppendConErr(error, lines);
  RespondTlcp(lines);
}

void HttpChannel::Refuse(const http::RequestError& error) {
  ++connection_.endpoint().counters().protocol_errors;
  connection_.endpoint().Complain(Complaints::Kind::kHttpRequest, "bad HTTP request",
                                  {{"client", connection_.client_ip()},
                                   {"listener", connection_.listener().name},
                                   {"status", error.status},
                                   {"reason", error.text}});
  keep_alive_ = false;
  head_only_ = false;
  takes_gzip_ = false;
  headers_.clear();
  std::string body(error.text);
  body += "\r\n";
  Respond(error.status, kTlcpContentType, body);
}

// A client has first to read what it was sent; for that there is the limit on writing.
void HttpChannel::ExpectNextRequest() {
  const bool drained = connection_.writable();
  connection_.ExpectInput(drained ? connection_.endpoint().options().read_timeout : Millis(0));
}

void HttpChannel::EndExchange() {
  busy_ = false;
  head_begun_ = false;
  for_session_ = false;
  stream_begun_ = false;
  takes_gzip_ = false;
  stream_gzip_.reset();
  std::string().swap(headers_);
  // The next request may be somebody else's.
  if (connection_.listener().forward_hops > 0) connection_.SetClient(std::nullopt);
  if (!keep_alive_) {
    connection_.CloseAfterWrites();
    return;
  }
  ExpectNextRequest();
  connection_.Resume();
}

void HttpChannel::BindLink(session::Session& session, const tlcp::LinkOptions& options,
                           bool created) {
  polling_ = options.polling.has_value();
  stream_begun_ = false;
  poll_body_.clear();
  session.Bind(this, options, false, created, connection_.client_ip());
  session_ = &session;
}

void HttpChannel::AppendStreamHead(std::string& out) {
  headers_ += kNoCache;
  const Options& options = connection_.endpoint().options();
  if (takes_gzip_ && options.compression == Compression::kOn) {
    headers_ += kGzipHeaders;
    stream_gzip_ = std::make_unique<http::Gzip>(http::Gzip::Memory::kStream);
    ++connection_.endpoint().counters().compressed;
  }
  const http::ResponseHead head = MakeHead(200, kTlcpContentType);
  if (version_minor_ == 0) {
    http::AppendCloseDelimitedHead(head, &out);
  } else {
    http::AppendChunkedHead(head, &out);
  }
  std::string().swap(headers_);
}

void HttpChannel::Flush(std::string& cork) {
  const std::size_t size = cork.size() - session::kHeaderRoom;
  if (polling_) {
    poll_body_.append(cork, session::kHeaderRoom);
    return;
  }
  const bool chunked = version_minor_ != 0;
  if (stream_gzip_ != nullptr) {
    SendCompressed(std::string_view(cork).substr(session::kHeaderRoom), false);
    return;
  }
  if (stream_begun_ && chunked && size <= http::kMaxChunkPayload) {
    char* const payload = cork.data() + session::kHeaderRoom;
    http::WriteChunkPrefix(payload, size);
    cork += http::kChunkSuffix;
    connection_.WriteWithOthers(
        std::string_view(cork).substr(session::kHeaderRoom - http::kChunkPrefixSize));
    return;
  }
  std::string out;
  if (!stream_begun_) AppendStreamHead(out);
  stream_begun_ = true;
  const std::string_view lines = std::string_view(cork).substr(session::kHeaderRoom);
  if (stream_gzip_ != nullptr) {
    connection_.Write(out);
    SendCompressed(lines, false);
    return;
  }
  if (chunked) {
    http::AppendChunk(lines, &out);
  } else {
    out += lines;
  }
  connection_.Write(out);
}

std::uint64_t HttpChannel::Finish(bool close_socket) {
  session_ = nullptr;
  if (close_socket) keep_alive_ = false;
  if (polling_) {
    const std::string body = std::exchange(poll_body_, {});
    headers_ += kNoCache;
    WriteResponse(200, kTlcpContentType, body);
  } else if (version_minor_ == 0) {
    keep_alive_ = false;
  } else {
    EndChunks();
  }
  const std::uint64_t bytes = taken();
  EndExchange();  // may bring the next request, and be it the upgrade that ends this
  return bytes;
}

void HttpChannel::EndChunks() {
  if (stream_gzip_ != nullptr) SendCompressed({}, true);
  connection_.Write(http::kLastChunk);
}

void HttpChannel::SendCompressed(std::string_view lines, bool last) {
  std::string& out = connection_.endpoint().scratch();
  out.clear();
  const std::size_t chunk = http::BeginChunk(&out);
  last ? stream_gzip_->Finish(lines, &out) : stream_gzip_->Append(lines, &out);
  const std::size_t size = out.size() - chunk - http::kChunkPrefixSize;
  if (size < lines.size()) {
    connection_.endpoint().counters().compressed_bytes_saved += lines.size() - size;
  }
  http::EndChunk(chunk, &out);
  connection_.Write(out);
}

void HttpChannel::Abandon(bool broken) {
  session_ = nullptr;
  if (broken || !connection_.writable()) {
    connection_.Close("session left");
    return;
  }
  // No line may follow, but the response can end in order.
  keep_alive_ = false;
  poll_body_.clear();
  if (!stream_begun_) {
    RespondTlcp({});
    return;
  }
  if (version_minor_ != 0) EndChunks();
  EndExchange();
}

}  // namespace penstock::endpoint
