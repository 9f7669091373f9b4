// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http/request_head.h"

namespace penstock::http {

enum class BodyResult : std::uint8_t { kDone, kNeedMore, kError };

// Reads the body of a request by length or by chunks (RFC 9112 sections 6 and 7); extensions of
// chunks and trailers are checked for form and thrown away.
// Owner: the connection, while a body is under way. Shard: that of the connection.
// Life: Start() for each request, then Consume() until it is done.
// Invariant: outcome and bytes do not depend on how the input was split.
class BodyReader {
 public:
  // A request without a body is done at once.
  void Start(const RequestHead& head, std::uint64_t max_body_bytes);

  // Takes from `in` what belongs to the body, `*used` bytes, and appends what it stands for to
  // `out`. After kDone the rest of `in` belongs to the next request. On kError see error(): 400 or
  // 413. A length that is too large is an error already when `in` is empty, so that a client that
  // waits for `100 Continue` can be told before it sends.
  [[nodiscard]] BodyResult Consume(std::string_view in, std::size_t* used, std::string* out);

  const RequestError& error() const { return error_; }

 private:
  enum class State : std::uint8_t {
    kDone,
    kFixed,
    kSizeStart,
    kSize,
    kExtension,
    kSizeLf,
    kChunk,
    kChunkCr,
    kChunkLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kLastLf,
    kError,
  };

  void Fail(int status, std::string_view text);
  void TakeData(std::string_view in, std::size_t* used, std::string* out);
  void TakeFramingByte(char c);
  void AddSizeDigit(char c);
  void EndSizeLine();
  void SkipByte(char c);

  std::uint64_t max_body_bytes_ = 0;
  std::uint64_t received_ = 0;   // sizes of all chunks announced so far
  std::uint64_t remaining_ = 0;  // of the body, or of this chunk
  std::uint32_t ignored_ = 0;    // bytes of extensions and trailers
  std::uint8_t size_digits_ = 0;
  State state_ = State::kDone;
  RequestError error_;
};

}  // namespace penstock::http
