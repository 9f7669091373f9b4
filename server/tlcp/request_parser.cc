// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/request_parser.h"

#include <algorithm>
#include <array>

#include "tlcp/request_fields.h"

namespace penstock::tlcp {
namespace {

struct NamedRequest {
  std::string_view text;
  RequestName name;
};

constexpr std::array<NamedRequest, 6> kRequestNames = {{
    {"control", RequestName::kControl},
    {"msg", RequestName::kMsg},
    {"bind_session", RequestName::kBindSession},
    {"create_session", RequestName::kCreateSession},
    {"heartbeat", RequestName::kHeartbeat},
    {"wsok", RequestName::kWsok},
}};

std::optional<RequestName> FindName(std::string_view text) {
  for (const NamedRequest& request : kRequestNames) {
    if (request.text == text) return request.name;
  }
  return std::nullopt;
}

// Takes a line and its end, CR LF or LF, off the front.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Letters and digits; it is echoed in lines, so nothing else may get there.
bool IsRequestId(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

bool IsConnectionRequest(RequestName name) {
  return name == RequestName::kCreateSession || name == RequestName::kBindSession;
}

// A combo has its controls behind the create line; a message there is what one client library
// sends, though the protocol's text leaves it out.
std::variant<Control, Message> ReadComboPart(RequestFields& fields) {
  if (!fields.Find("LS_op") && fields.Find("LS_message")) return ReadMessage(fields);
  return ReadControl(fields);
}

std::optional<Error> ToError(ParamList::Result result) {
  switch (result) {
    case ParamList::Result::kOk:
      return std::nullopt;
    case ParamList::Result::kBadEscape:
      return MakeError(RequestCode::kMalformedRequest);
    case ParamList::Result::kTooMany:
      return MakeError(RequestCode::kMalformedRequest, "Malformed request: too many parameters");
  }
  return MakeError(RequestCode::kMalformedRequest);
}

}  // namespace

std::optional<RequestName> RequestNameFromPath(std::string_view component) {
  constexpr std::string_view kExtension = ".txt";
  if (!component.ends_with(kExtension)) return std::nullopt;
  component.remove_suffix(kExtension.size());
  const std::optional<RequestName> name = FindName(component);
  return name == RequestName::kWsok ? std::nullopt : name;
}

std::optional<RequestName> TakeRequestName(std::string_view& message) {
  return FindName(TakeLine(message));
}

RequestReader::RequestReader(RequestName name, std::string_view body, const Arrival& arrival,
                             const Limits& limits)
    : name_(name), arrival_(arrival), limits_(limits), rest_(body) {
  query_error_ = ToError(query_.Parse(arrival_.query, limits_.max_params));
}

std::optional<Parsed<Request>> RequestReader::Next() {
  if (done_) return std::nullopt;
  const bool first = lines_ == 0;
  const std::optional<Line> line = NextLine();
  if (lines_ > limits_.max_lines) {
    done_ = true;
    params_.Clear();
    return Refuse(MakeError(RequestCode::kMalformedRequest, "Malformed request: too many lines"));
  }
  if (!line && !first) return std::nullopt;
  const bool batch = name_ == RequestName::kControl || name_ == RequestName::kMsg;
  if (!line || !batch) done_ = true;
  // A body without parameters is one request all the same: the query may say everything.
  if (const std::optional<Error> error = Load(line.value_or(Line()))) return Refuse(*error);
  if (query_error_) return Refuse(*query_error_);
  if (name_ == RequestName::kCreateSession) return ParseCreate();
  if (done_ && name_ != RequestName::kWsok && NextLine()) {
    return Refuse(MakeError(RequestCode::kMalformedRequest));
  }
  return ParseLine();
}

// The next line that is not blank. Every line counts against the limit.
std::optional<RequestReader::Line> RequestReader::NextLine() {
  while (!rest_.empty() && lines_ <= limits_.max_lines) {
    ++lines_;
    if (name_ == RequestName::kMsg) {
      const UnquotedLine unquoted = FindUnquotedLine(rest_);
      if (unquoted.kind == UnquotedLine::Kind::kPresent) {
        rest_.remove_prefix(unquoted.end);
        TakeLine(rest_);
        return Line{unquoted.counted, true, false};
      }
      if (unquoted.kind == UnquotedLine::Kind::kMalformed) {
        return Line{TakeLine(rest_), false, true};
      }
    }
    const std::string_view text = TakeLine(rest_);
    if (!text.empty()) return Line{text, false, false};
  }
  return std::nullopt;
}

std::optional<Error> RequestReader::Load(const Line& line) {
  const ParamList::Result result = line.raw_message
                                       ? params_.ParseRawMessage(line.text, limits_.max_params)
                                       : params_.Parse(line.text, limits_.max_params);
  if (line.malformed) return MakeError(RequestCode::kMalformedRequest);
  return ToError(result);
}

Parsed<Request> RequestReader::ParseLine() {
  RequestFields fields(params_, query_, arrival_.websocket);
  const Version version = ReadVersion(fields);
  switch (name_) {
    case RequestName::kWsok:
      return Request(Wsok{});
    case RequestName::kHeartbeat:
      return Finish(fields, ReadHeartbeat(fields));
    case RequestName::kBindSession: {
      BindSession bind = ReadBindSession(fields);
      bind.version = version;
      return Finish(fields, std::move(bind));
    }
    default:
      break;
  }
  const std::optional<std::string_view> request_id = fields.Find("LS_reqId");
  if (!request_id) return Refuse(MakeError(RequestCode::kMalformedRequest));
  if (!IsRequestId(*request_id)) fields.FailInvalid("LS_reqId");
  std::optional<std::string> session_id = ReadSessionId(fields);
  const auto complete = [&](auto request) {
    request.session_id = std::move(session_id);
    request.request_id = *request_id;
    return Finish(fields, std::move(request));
  };
  return name_ == RequestName::kMsg ? complete(ReadMessage(fields)) : complete(ReadControl(fields));
}

Parsed<Request> RequestReader::ParseCreate() {
  RequestFields fields(params_, query_, arrival_.websocket);
  const Version version = ReadVersion(fields);
  CreateSession create = ReadCreateSession(fields);
  create.version = version;
  if (fields.error()) return Refuse(*fields.error());
  const auto refuse_combo = [this](const Error& error) {
    return Refuse(
        MakeError(SessionCode::kComboFailed,
                  std::string(Describe(SessionCode::kComboFailed).text) + ": " + error.message));
  };
  if (fields.Find("LS_op") || fields.Find("LS_message")) {
    create.controls.push_back(ReadComboPart(fields));
    if (fields.error()) return refuse_combo(*fields.error());
  }
  const ParamList no_defaults;
  while (const std::optional<Line> line = NextLine()) {
    if (lines_ > limits_.max_lines) break;
    if (const std::optional<Error> error = Load(*line)) return refuse_combo(*error);
    RequestFields part(params_, no_defaults, arrival_.websocket);
    create.controls.push_back(ReadComboPart(part));
    if (part.error()) return refuse_combo(*part.error());
  }
  if (lines_ > limits_.max_lines) {
    return Refuse(MakeError(RequestCode::kMalformedRequest, "Malformed request: too many lines"));
  }
  return Request(std::move(create));
}

Parsed<Request> RequestReader::Refuse(Error error) const {
  if (IsConnectionRequest(name_)) return Rejection{Rejection::Line::kConErr, {}, std::move(error)};
  if (name_ == RequestName::kControl || name_ == RequestName::kMsg) {
    const RequestFields fields(params_, query_, arrival_.websocket);
    const std::string_view id = fields.Find("LS_reqId").value_or("");
    if (IsRequestId(id)) {
      return Rejection{Rejection::Line::kReqErr, std::string(id), std::move(error)};
    }
  }
  return Rejection{Rejection::Line::kError, {}, std::move(error)};
}

Parsed<Request> RequestReader::Finish(const RequestFields& fields, Request request) const {
  if (fields.error()) return Refuse(*fields.error());
  return request;
}

// HTTP names the version with each request, a WebSocket once in its handshake.
Version RequestReader::ReadVersion(RequestFields& fields) const {
  if (arrival_.websocket && arrival_.version) {
    if (arrival_.version->IsSupported()) return *arrival_.version;
    fields.Fail(UnsupportedProtocol(arrival_.version->ToString()));
    return {};
  }
  const std::string text = fields.RequiredText("LS_protocol");
  const std::optional<Version> version = ParseProtocol(text);
  if (version && version->IsSupported()) return *version;
  fields.Fail(UnsupportedProtocol(text));
  return {};
}

}  // namespace penstock::tlcp
