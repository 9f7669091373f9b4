// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/body_reader.h"

#include <algorithm>

#include "base/percent.h"
#include "transport/http/chars.h"

namespace penstock::http {
namespace {

constexpr int kMaxSizeDigits = 16;  // as many as fit 64 bits
// Extensions and trailers of one body. Nobody we know sends any; without a bound a peer could have
// us read for ever.
constexpr std::uint32_t kMaxIgnoredBytes = 8192;

}  // namespace

void BodyReader::Start(const RequestHead& head, std::uint64_t max_body_bytes) {
  *this = BodyReader();
  max_body_bytes_ = max_body_bytes;
  if (head.chunked) {
    state_ = State::kSizeStart;
  } else if (head.content_length.value_or(0) > max_body_bytes) {
    Fail(413, "body too large");
  } else if (head.has_body()) {
    remaining_ = *head.content_length;
    state_ = State::kFixed;
  }
}

BodyResult BodyReader::Consume(std::string_view in, std::size_t* used, std::string* out) {
  *used = 0;
  while (state_ != State::kDone && state_ != State::kError && *used < in.size()) {
    if (state_ == State::kFixed || state_ == State::kChunk) {
      TakeData(in, used, out);
    } else {
      TakeFramingByte(in[(*used)++]);
    }
  }
  if (state_ == State::kError) return BodyResult::kError;
  return state_ == State::kDone ? BodyResult::kDone : BodyResult::kNeedMore;
}

void BodyReader::Fail(int status, std::string_view text) {
  error_ = {status, text};
  state_ = State::kError;
}

void BodyReader::TakeData(std::string_view in, std::size_t* used, std::string* out) {
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size() - *used));
  out->append(in.substr(*used, size));
  *used += size;
  remaining_ -= size;
  if (remaining_ > 0) return;
  state_ = state_ == State::kFixed ? State::kDone : State::kChunkCr;
}

// RFC 9112 section 7.1. White space around the size is refused: readers differ about it.
void BodyReader::TakeFramingByte(char c) {
  const auto expect = [this, c](char wanted, State next) {
    if (c != wanted) return Fail(400, "malformed chunk");
    state_ = next;
  };
  switch (state_) {
    case State::kSizeStart:
      remaining_ = 0;
      size_digits_ = 0;
      state_ = State::kSize;
      return AddSizeDigit(c);
    case State::kSize:
      if (c == '\r') {
        state_ = State::kSizeLf;
      } else if (c == ';') {
        state_ = State::kExtension;
      } else {
        AddSizeDigit(c);
      }
      return;
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return;
      }
      return SkipByte(c);
    case State::kSizeLf:
      if (c != '\n') return Fail(400, "malformed chunk size");
      return EndSizeLine();
    case State::kChunkCr:
      return expect('\r', State::kChunkLf);
    case State::kChunkLf:
      return expect('\n', State::kSizeStart);
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kLastLf;
        return;
      }
      if (!IsOfClass(c, kTokenChar)) return Fail(400, "malformed trailer");
      state_ = State::kTrailer;
      return SkipByte(c);
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return;
      }
      return SkipByte(c);
    case State::kTrailerLf:
      return expect('\n', State::kTrailerStart);
    case State::kLastLf:
      return expect('\n', State::kDone);
    case State::kDone:
    case State::kFixed:
    case State::kChunk:
    case State::kError:
      return;
  }
}

void BodyReader::AddSizeDigit(char c) {
  const int value = HexValue(c);
  if (value < 0 || size_digits_ == kMaxSizeDigits) return Fail(400, "malformed chunk size");
  ++size_digits_;
  remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(value);
}

void BodyReader::EndSizeLine() {
  if (remaining_ == 0) {
    state_ = State::kTrailerStart;
    return;
  }
  if (remaining_ > max_body_bytes_ - received_) return Fail(413, "body too large");
  received_ += remaining_;
  state_ = State::kChunk;
}

void BodyReader::SkipByte(char c) {
  if (!IsOfClass(c, kValueChar)) return Fail(400, "malformed chunk extension or trailer");
  if (++ignored_ > kMaxIgnoredBytes) Fail(400, "chunk extensions or trailers too long");
}

}  // namespace penstock::http
