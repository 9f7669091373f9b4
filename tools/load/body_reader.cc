// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/body_reader.h"

#include <algorithm>
#include <charconv>

namespace penstock::load {

namespace {

constexpr std::size_t kMostHead = 64 * 1024;
constexpr std::size_t kMostControlPayload = 125;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string_view BodyReader::Take(std::string_view bytes) {
  const bool from_kept = !kept_.empty();
  if (from_kept) {
    kept_.append(bytes);
    bytes = kept_;
  }
  std::string_view wrong;
  std::size_t used = 0;
  while (used < bytes.size() && wrong.empty() && !at_end_) {
    const std::string_view rest = bytes.substr(used);
    std::size_t step = 0;
    if (left_ > 0) {
      step = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      left_ -= step;
      user_->OnText(rest.substr(0, step));
    } else if (!has_head_) {
      step = TakeHead(rest, &wrong);
    } else {
      step = websocket_ ? TakeFrame(rest, &wrong) : TakeChunk(rest, &wrong);
    }
    if (step == 0) break;
    used += step;
  }
  if (from_kept) {
    kept_.erase(0, used);
    if (kept_.empty()) std::string().swap(kept_);
  } else {
    kept_.assign(bytes.substr(used));
  }
  return wrong;
}

std::size_t BodyReader::TakeHead(std::string_view bytes, std::string_view* wrong) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > kMostHead) *wrong = "the head of the response has no end";
    return 0;
  }
  if (!bytes.starts_with(websocket_ ? "HTTP/1.1 101" : "HTTP/1.1 200")) {
    *wrong = "the server refused the request";
    return 0;
  }
  has_head_ = true;
  return end + 4;
}

std::size_t BodyReader::TakeFrame(std::string_view bytes, std::string_view* wrong) {
  if (bytes.size() < 2) return 0;
  const auto opcode = static_cast<std::uint8_t>(bytes[0] & 0x0f);
  std::uint64_t length = static_cast<unsigned char>(bytes[1]);
  std::size_t head = 2;
  if (length == 126) head = 4;
  if (length == 127) head = 10;
  if (bytes.size() < head) return 0;
  if (head > 2) length = BigEndian(bytes.substr(2, head - 2));
  if (opcode <= kBinaryFrame) {
    left_ = length;
    return head;
  }
  if (length > kMostControlPayload) {
    *wrong = "a frame that is none of WebSocket";
    return 0;
  }
  if (bytes.size() < head + length) return 0;
  if (opcode == kPingFrame) user_->OnPing(bytes.substr(head, length));
  if (opcode == kCloseFrame) *wrong = "the server closed the WebSocket";
  return head + length;
}

std::size_t BodyReader::TakeChunk(std::string_view bytes, std::string_view* wrong) {
  if (after_chunk_) {
    if (bytes.size() < 2) return 0;
    after_chunk_ = false;
    return 2;
  }
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return 0;
  const auto [stop, error] = std::from_chars(bytes.data(), bytes.data() + end, left_, 16);
  if (error != std::errc() || stop != bytes.data() + end) {
    *wrong = "a chunk without a size";
    return 0;
  }
  at_end_ = left_ == 0;
  after_chunk_ = true;
  return end + 2;
}

void AppendFrame(std::uint8_t opcode, std::string_view payload, std::string* out) {
  out->push_back(static_cast<char>(0x80 | opcode));
  const std::size_t size = payload.size();
  if (size < 126) {
    out->push_back(static_cast<char>(0x80 | size));
  } else {
    const bool is_long = size > 0xffff;
    out->push_back(static_cast<char>(0x80 | (is_long ? 127 : 126)));
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8) {
      out->push_back(static_cast<char>(size >> shift));
    }
  }
  out->append(4, '\0');  // the mask of zeros leaves the payload as it is
  out->append(payload);
}

}  // namespace penstock::load
