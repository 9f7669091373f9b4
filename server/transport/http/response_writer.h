// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "transport/http/request_head.h"

namespace penstock::http {

// What the head of a response says. Views need to live only during the call.
struct ResponseHead {
  int status = 200;
  std::string_view content_type;      // no header when empty
  std::string_view date;              // see DateCache; no header when empty
  std::span<const Header> headers;    // control characters in them become spaces
  std::string_view rendered_headers;  // whole lines, each with its CRLF; copied as they are
  bool keep_alive = true;
  int version_minor = 1;  // of the request
};

// Standard phrase of a status; "Status" for one that we never send.
std::string_view StatusText(int status);

// One header line. Control characters become spaces, so that a value can never end its line.
void AppendHeader(std::string_view name, std::string_view value, std::string* out);

// Each appends a whole head, the empty line included.
void AppendFixedHead(const ResponseHead& head, std::uint64_t content_length, std::string* out);
void AppendChunkedHead(const ResponseHead& head, std::string* out);
// For HTTP/1.0: the body ends with the connection, whatever `head.keep_alive` says.
void AppendCloseDelimitedHead(const ResponseHead& head, std::string* out);
// For 1xx, 204 and 304: no body and no length.
void AppendBodilessHead(const ResponseHead& head, std::string* out);

// A short answer, head and body; `text/plain` unless head.content_type says otherwise.
void AppendResponse(const ResponseHead& head, std::string_view body, std::string* out);

inline constexpr std::string_view kContinueResponse = "HTTP/1.1 100 Continue\r\n\r\n";

// Chunks. So that a chunk is one contiguous piece of memory and goes out in one write, room for
// its size is left in front of the payload and filled in when the payload is complete: four
// hexadecimal digits, padded with zeros, and CRLF.
inline constexpr std::size_t kChunkPrefixSize = 6;
inline constexpr std::size_t kMaxChunkPayload = 0xFFFF;
inline constexpr std::string_view kChunkSuffix = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Fills in the kChunkPrefixSize bytes right before `payload`; kChunkSuffix has to follow the
// payload. `payload_size` must be 1 to kMaxChunkPayload: a chunk of nothing would end the body.
void WriteChunkPrefix(char* payload, std::size_t payload_size);

// The same on a string: append the payload between the two calls. EndChunk takes the room back
// when there is no payload, and widens it (one move of the payload) beyond kMaxChunkPayload.
[[nodiscard]] std::size_t BeginChunk(std::string* out);
void EndChunk(std::size_t mark, std::string* out);

// A payload of any size as one chunk; nothing for an empty one.
void AppendChunkHeader(std::uint64_t payload_size, std::string* out);
void AppendChunk(std::string_view payload, std::string* out);
void AppendLastChunk(std::string* out);

}  // namespace penstock::http
