// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/request_head_parser.h"

#include <algorithm>
#include <cstring>

#include "base/parse_number.h"
#include "transport/http/chars.h"

namespace penstock::http {
namespace {

// RFC 9112 section 2.2 wants a server to ignore an empty line before a request line.
constexpr std::size_t kMaxLeadingEmptyLines = 2;
constexpr std::size_t kUsualHeaders = 16;

bool Refuse(int status, std::string_view text, RequestError* error) {
  *error = {status, text};
  return false;
}

Method MethodOf(std::string_view text) {
  if (text == "GET") return Method::kGet;
  if (text == "POST") return Method::kPost;
  if (text == "OPTIONS") return Method::kOptions;
  if (text == "HEAD") return Method::kHead;
  if (text == "PUT") return Method::kPut;
  if (text == "DELETE") return Method::kDelete;
  return Method::kOther;
}

// Reads a head that is known to be whole, each line of it ended by CRLF. Lives for one call.
class HeadReader {
 public:
  HeadReader(const HeadLimits& limits, RequestHead* head, RequestError* error)
      : limits_(limits), head_(*head), error_(error) {}

  // `text` is from the request line to the empty line.
  bool Read(std::string_view text) {
    if (!ReadRequestLine(TakeLine(&text))) return false;
    head_.headers.reserve(kUsualHeaders);
    for (std::string_view line = TakeLine(&text); !line.empty(); line = TakeLine(&text)) {
      if (!ReadHeaderLine(line)) return false;
    }
    return Conclude();
  }

 private:
  static std::string_view TakeLine(std::string_view* text) {
    const std::size_t lf = text->find('\n');
    const std::string_view line = text->substr(0, lf - 1);
    text->remove_prefix(lf + 1);
    return line;
  }

  bool Fail(int status, std::string_view text) { return Refuse(status, text, error_); }

  bool ReadRequestLine(std::string_view line) {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) return Fail(400, "malformed request line");
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos) return Fail(400, "malformed request line");
    head_.method_text = line.substr(0, first);
    head_.target = line.substr(first + 1, second - first - 1);
    if (!IsAllOfClass(head_.method_text, kTokenChar)) return Fail(400, "malformed method");
    if (!ReadVersion(line.substr(second + 1))) return false;
    head_.method = MethodOf(head_.method_text);
    if (head_.method_text == "CONNECT") return Fail(501, "not a proxy");
    return ReadTarget();
  }

  bool ReadVersion(std::string_view version) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7])) {
      return Fail(400, "malformed version");
    }
    if (version[5] != '1') return Fail(505, "HTTP/1.0 or HTTP/1.1 is spoken here");
    head_.version_minor = version[7] == '0' ? 0 : 1;
    return true;
  }

  // RFC 9112 section 3.2: origin-form, absolute-form, or `*` for OPTIONS.
  bool ReadTarget() {
    std::string_view rest = head_.target;
    if (!IsAllOfClass(rest, kTargetChar)) return Fail(400, "malformed target");
    if (rest == "*" && head_.method == Method::kOptions) {
      head_.path = rest;
      return true;
    }
    if (rest.front() != '/' && !TakeAuthority(&rest)) return false;
    const std::size_t question = rest.find('?');
    head_.path = rest.substr(0, question);
    if (head_.path.empty()) head_.path = "/";
    if (question != std::string_view::npos) head_.query = rest.substr(question + 1);
    return true;
  }

  bool TakeAuthority(std::string_view* rest) {
    std::size_t scheme_size = 0;
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (EqualsIgnoreCase(rest->substr(0, scheme.size()), scheme)) scheme_size = scheme.size();
    }
    if (scheme_size == 0) return Fail(400, "malformed target");
    rest->remove_prefix(scheme_size);
    const std::size_t end = std::min(rest->find_first_of("/?"), rest->size());
    absolute_host_ = rest->substr(0, end);
    if (!IsAllOfClass(absolute_host_, kHostChar)) return Fail(400, "malformed target");
    rest->remove_prefix(end);
    return true;
  }

  bool ReadHeaderLine(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return Fail(400, "folded header line");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Fail(400, "header line without colon");
    const std::string_view name = line.substr(0, colon);
    if (!IsAllOfClass(name, kTokenChar)) return Fail(400, "malformed header name");
    const std::string_view value = TrimBlanks(line.substr(colon + 1));
    if (!IsHeaderValue(value)) return Fail(400, "malformed header value");
    if (head_.headers.size() == limits_.max_headers) return Fail(431, "too many headers");
    head_.headers.push_back({name, value});
    return ReadKnownHeader(name, value);
  }

  // The length of the name tells nearly all other headers at once.
  bool ReadKnownHeader(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case 4:
        return !EqualsIgnoreCase(name, "host") || ReadHost(value);
      case 6:
        return !EqualsIgnoreCase(name, "expect") || ReadExpect(value);
      case 7:
        if (EqualsIgnoreCase(name, "upgrade")) ReadUpgrade(value);
        return true;
      case 10:
        if (EqualsIgnoreCase(name, "connection")) ReadConnection(value);
        return true;
      case 14:
        return !EqualsIgnoreCase(name, "content-length") || ReadContentLength(value);
      case 17:
        if (EqualsIgnoreCase(name, "transfer-encoding")) ReadTransferEncoding(value);
        return true;
      default:
        return true;
    }
  }

  bool ReadHost(std::string_view value) {
    if (host_seen_) return Fail(400, "more than one Host");
    if (!value.empty() && !IsAllOfClass(value, kHostChar)) return Fail(400, "malformed Host");
    host_seen_ = true;
    head_.host = value;
    return true;
  }

  bool ReadExpect(std::string_view value) {
    if (head_.version_minor == 0) return true;
    if (!EqualsIgnoreCase(value, "100-continue")) return Fail(417, "unknown expectation");
    head_.expect_continue = true;
    return true;
  }

  void ReadUpgrade(std::string_view value) {
    while (!value.empty()) {
      if (EqualsIgnoreCase(TakeListElement(&value), "websocket")) upgrade_to_websocket_ = true;
    }
  }

  void ReadConnection(std::string_view value) {
    while (!value.empty()) {
      const std::string_view option = TakeListElement(&value);
      if (EqualsIgnoreCase(option, "close")) {
        connection_close_ = true;
      } else if (EqualsIgnoreCase(option, "keep-alive")) {
        connection_keep_alive_ = true;
      } else if (EqualsIgnoreCase(option, "upgrade")) {
        connection_upgrade_ = true;
      }
    }
  }

  // A repeated length is refused even when both agree: nothing honest sends it.
  bool ReadContentLength(std::string_view value) {
    if (head_.content_length) return Fail(400, "more than one Content-Length");
    head_.content_length = ParseNumber<std::uint64_t>(value);
    return head_.content_length || Fail(400, "malformed Content-Length");
  }

  void ReadTransferEncoding(std::string_view value) {
    other_encoding_ |= encoding_seen_ || !EqualsIgnoreCase(value, "chunked");
    encoding_seen_ = true;
  }

  // What only all headers together can tell.
  bool Conclude() {
    if (head_.version_minor == 1 && !host_seen_) return Fail(400, "no Host");
    if (!absolute_host_.empty()) head_.host = absolute_host_;
    if (encoding_seen_) {
      if (head_.content_length) return Fail(400, "both Content-Length and Transfer-Encoding");
      if (head_.version_minor == 0) return Fail(400, "Transfer-Encoding in HTTP/1.0");
      if (other_encoding_) return Fail(501, "unknown Transfer-Encoding");
      head_.chunked = true;
    }
    head_.keep_alive = !connection_close_ && (head_.version_minor == 1 || connection_keep_alive_);
    head_.upgrade_websocket = connection_upgrade_ && upgrade_to_websocket_;
    return true;
  }

  const HeadLimits& limits_;
  RequestHead& head_;
  RequestError* const error_;
  std::string_view absolute_host_;
  bool host_seen_ = false;
  bool encoding_seen_ = false;
  bool other_encoding_ = false;
  bool connection_close_ = false;
  bool connection_keep_alive_ = false;
  bool connection_upgrade_ = false;
  bool upgrade_to_websocket_ = false;
};

// Skips empty lines in front of the request line, and looks at its first byte, so that what is not
// HTTP at all (a TLS handshake on a plain port) is told before a line end was ever seen.
ParseResult FindRequestLine(std::string_view buffer, std::size_t* begin, RequestError* error) {
  *begin = 0;
  for (std::size_t lines = 0; *begin < buffer.size() && buffer[*begin] == '\r'; ++lines) {
    if (lines == kMaxLeadingEmptyLines) {
      Refuse(400, "no request line", error);
      return ParseResult::kError;
    }
    if (*begin + 1 == buffer.size()) return ParseResult::kNeedMore;
    if (buffer[*begin + 1] != '\n') break;
    *begin += 2;
  }
  if (*begin == buffer.size()) return ParseResult::kNeedMore;
  if (IsOfClass(buffer[*begin], kTokenChar)) return ParseResult::kComplete;
  Refuse(400, "malformed request line", error);
  return ParseResult::kError;
}

}  // namespace

void RequestHeadParser::Reset() {
  searched_ = 0;
  request_line_ended_ = false;
}

ParseResult RequestHeadParser::FindEnd(std::string_view buffer, std::size_t begin,
                                       const HeadLimits& limits, RequestError* error) {
  const std::size_t window = std::min(buffer.size(), limits.max_head_bytes);
  std::size_t from = std::max<std::size_t>(searched_, begin);
  while (from < window) {
    const void* const found = std::memchr(buffer.data() + from, '\n', window - from);
    const std::size_t lf =
        found == nullptr
            ? window
            : static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
    // The CR of the line end counts in `lf - begin`.
    if (!request_line_ended_ && lf - begin > limits.max_request_line_bytes + 1) {
      Refuse(414, "request line too long", error);
      return ParseResult::kError;
    }
    if (found == nullptr) break;
    if (buffer[lf - 1] != '\r') {
      Refuse(400, "line feed without carriage return", error);
      return ParseResult::kError;
    }
    from = lf + 1;
    if (request_line_ended_ && buffer[lf - 2] == '\n') {
      searched_ = static_cast<std::uint32_t>(from);
      return ParseResult::kComplete;
    }
    request_line_ended_ = true;
  }
  searched_ = static_cast<std::uint32_t>(window);
  if (buffer.size() < limits.max_head_bytes) return ParseResult::kNeedMore;
  Refuse(431, "head too large", error);
  return ParseResult::kError;
}

ParseResult RequestHeadParser::Parse(std::string_view buffer, const HeadLimits& limits,
                                     RequestHead* head, std::size_t* consumed,
                                     RequestError* error) {
  *consumed = 0;
  std::size_t begin = 0;
  ParseResult result = FindRequestLine(buffer, &begin, error);
  if (result == ParseResult::kComplete) result = FindEnd(buffer, begin, limits, error);
  if (result != ParseResult::kComplete) return result;

  const std::size_t end = searched_;
  Reset();
  head->Clear();
  if (!HeadReader(limits, head, error).Read(buffer.substr(begin, end - begin))) {
    return ParseResult::kError;
  }
  *consumed = end;
  return ParseResult::kComplete;
}

}  // namespace penstock::http
