// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/response_writer.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "transport/http/chars.h"

namespace penstock::http {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

template <class T>
void AppendNumber(T value, int base, std::string* out) {
  std::array<char, 24> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
  out->append(digits.data(), result.ptr);
}

// All but what frames the body, and the empty line.
void AppendCommon(const ResponseHead& head, bool keep_alive, std::string* out) {
  *out += "HTTP/1.1 ";
  AppendNumber(head.status, 10, out);
  *out += ' ';
  *out += StatusText(head.status);
  *out += "\r\n";
  if (!head.date.empty()) AppendHeader("Date", head.date, out);
  if (!head.content_type.empty()) AppendHeader("Content-Type", head.content_type, out);
  for (const Header& header : head.headers) AppendHeader(header.name, header.value, out);
  *out += head.rendered_headers;
  if (!keep_alive) {
    *out += "Connection: close\r\n";
  } else if (head.version_minor == 0) {
    *out += "Connection: keep-alive\r\n";
  }
}

}  // namespace

std::string_view StatusText(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

void AppendHeader(std::string_view name, std::string_view value, std::string* out) {
  const auto append_clean = [out](std::string_view text) {
    for (const char c : text) *out += IsOfClass(c, kValueChar) ? c : ' ';
  };
  append_clean(name);
  *out += ": ";
  append_clean(value);
  *out += "\r\n";
}

void AppendFixedHead(const ResponseHead& head, std::uint64_t content_length, std::string* out) {
  AppendCommon(head, head.keep_alive, out);
  *out += "Content-Length: ";
  AppendNumber(content_length, 10, out);
  *out += "\r\n\r\n";
}

void AppendChunkedHead(const ResponseHead& head, std::string* out) {
  AppendCommon(head, head.keep_alive, out);
  *out += "Transfer-Encoding: chunked\r\n\r\n";
}

void AppendCloseDelimitedHead(const ResponseHead& head, std::string* out) {
  AppendCommon(head, false, out);
  *out += "\r\n";
}

void AppendBodilessHead(const ResponseHead& head, std::string* out) {
  AppendCommon(head, head.keep_alive, out);
  *out += "\r\n";
}

void AppendResponse(const ResponseHead& head, std::string_view body, std::string* out) {
  ResponseHead typed = head;
  if (typed.content_type.empty()) typed.content_type = "text/plain; charset=utf-8";
  AppendFixedHead(typed, body.size(), out);
  *out += body;
}

void WriteChunkPrefix(char* payload, std::size_t payload_size) {
  PENSTOCK_CHECK(payload_size > 0 && payload_size <= kMaxChunkPayload);
  payload[-6] = kHexDigits[payload_size >> 12];
  payload[-5] = kHexDigits[(payload_size >> 8) & 15];
  payload[-4] = kHexDigits[(payload_size >> 4) & 15];
  payload[-3] = kHexDigits[payload_size & 15];
  payload[-2] = '\r';
  payload[-1] = '\n';
}

std::size_t BeginChunk(std::string* out) {
  const std::size_t mark = out->size();
  out->append(kChunkPrefixSize, '0');
  return mark;
}

void EndChunk(std::size_t mark, std::string* out) {
  const std::size_t payload_begin = mark + kChunkPrefixSize;
  const std::size_t size = out->size() - payload_begin;
  if (size == 0) {
    out->resize(mark);
    return;
  }
  if (size <= kMaxChunkPayload) {
    WriteChunkPrefix(out->data() + payload_begin, size);
  } else {
    std::string prefix;
    AppendChunkHeader(size, &prefix);
    out->replace(mark, kChunkPrefixSize, prefix);
  }
  *out += kChunkSuffix;
}

void AppendChunkHeader(std::uint64_t payload_size, std::string* out) {
  AppendNumber(payload_size, 16, out);
  *out += "\r\n";
}

void AppendChunk(std::string_view payload, std::string* out) {
  if (payload.empty()) return;
  AppendChunkHeader(payload.size(), out);
  *out += payload;
  *out += kChunkSuffix;
}

void AppendLastChunk(std::string* out) { *out += kLastChunk; }

}  // namespace penstock::http
