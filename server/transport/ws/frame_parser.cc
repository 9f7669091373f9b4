// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/frame_parser.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/utf8.h"
#include "transport/ws/frame_writer.h"

namespace penstock::ws {
namespace {

constexpr std::size_t kMaskSize = 4;
constexpr const char* kNotUtf8 = "text is not UTF-8";

std::uint64_t ReadBigEndian(std::span<const char> bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

bool IsControl(Opcode opcode) { return opcode >= Opcode::kClose; }

// Eight bytes at a time: 8 is a multiple of the mask's size, so that the phase never shifts.
void Unmask(const char* mask, std::span<char> payload) {
  std::array<char, 8> twice;
  std::memcpy(twice.data(), mask, kMaskSize);
  std::memcpy(twice.data() + kMaskSize, mask, kMaskSize);
  std::uint64_t wide_mask = 0;
  std::memcpy(&wide_mask, twice.data(), sizeof(wide_mask));
  std::size_t i = 0;
  for (; i + sizeof(wide_mask) <= payload.size(); i += sizeof(wide_mask)) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + i, sizeof(word));
    word ^= wide_mask;
    std::memcpy(payload.data() + i, &word, sizeof(word));
  }
  for (; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ twice[i % 8]);
}

FrameEvent NeedMore(std::size_t missing) {
  FrameEvent event;
  event.missing = missing;
  return event;
}

}  // namespace

FrameParser::FrameParser(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}
FrameParser::~FrameParser() = default;
FrameParser::FrameParser(FrameParser&&) noexcept = default;
FrameParser& FrameParser::operator=(FrameParser&&) noexcept = default;

FrameEvent FrameParser::Next(std::span<char> buffer, std::size_t* consumed) {
  *consumed = 0;
  if (fragments_ && fragments_->complete) fragments_.reset();
  if (state_ == State::kFailed) return Fail(failure_code_, failure_);
  if (state_ == State::kClosed) {
    *consumed = buffer.size();
    return NeedMore(1);
  }
  while (true) {
    const std::span<char> rest = buffer.subspan(*consumed);
    FrameHeader header;
    FrameEvent event;
    if (!ReadHeader(rest, &header, &event)) return event;
    const std::size_t frame_size = header.size + header.payload;
    if (rest.size() < frame_size) {
      if (!CheckPart(header, rest)) return Fail(CloseCode::kInvalidPayload, kNotUtf8);
      return NeedMore(frame_size - rest.size());
    }
    const std::span<char> bytes = rest.subspan(header.size, header.payload);
    Unmask(rest.data() + header.size - kMaskSize, bytes);
    *consumed += frame_size;
    const std::string_view payload(bytes.data(), bytes.size());
    if (IsControl(header.opcode)) return TakeControl(header.opcode, payload);
    if (!CheckRest(header, payload)) return Fail(CloseCode::kInvalidPayload, kNotUtf8);
    if (header.fin && header.opcode != Opcode::kContinuation) {
      return TakeMessage(header.opcode == Opcode::kText, payload);
    }
    if (TakeFragment(header, payload, &event)) return event;
  }
}

FrameEvent FrameParser::Fail(CloseCode code, const char* why) {
  state_ = State::kFailed;
  failure_code_ = code;
  failure_ = why;
  fragments_.reset();
  FrameEvent event;
  event.kind = EventKind::kError;
  event.code = code;
  event.payload = why;
  return event;
}

// Each byte is judged as soon as it is there, in its order: so the verdict is the same whether the
// rest has come or not.
bool FrameParser::ReadHeader(std::span<const char> buffer, FrameHeader* header, FrameEvent* event) {
  const auto need = [&buffer, event](std::size_t size) {
    if (buffer.size() >= size) return true;
    *event = NeedMore(size - buffer.size());
    return false;
  };
  // The smallest frame: two bytes and the mask.
  if (buffer.empty()) return need(2 + kMaskSize);
  if (!CheckFirstByte(static_cast<std::uint8_t>(buffer[0]), header, event)) return false;
  if (buffer.size() == 1) return need(2 + kMaskSize);

  const auto second = static_cast<std::uint8_t>(buffer[1]);
  const auto fail = [this, event](CloseCode code, const char* why) {
    *event = Fail(code, why);
    return false;
  };
  if ((second & 0x80) == 0) return fail(CloseCode::kProtocolError, "frame without mask");
  std::uint64_t size = second & 0x7F;
  std::size_t extended = 0;
  if (size > kMaxControlPayload) {
    if (IsControl(header->opcode)) return fail(CloseCode::kProtocolError, "long control frame");
    extended = size == 126 ? 2 : 8;
    if (!need(2 + extended)) {
      event->missing += kMaskSize;
      return false;
    }
    size = ReadBigEndian(buffer.subspan(2, extended));
    if (HeaderSize(size) != 2 + extended) {
      return fail(CloseCode::kProtocolError, "frame size not in its shortest form");
    }
    if (size >> 63 != 0) return fail(CloseCode::kProtocolError, "frame size out of range");
  }
  const std::size_t kept = fragments_ ? fragments_->bytes.size() : 0;
  if (!IsControl(header->opcode) && size > max_message_bytes_ - kept) {
    return fail(CloseCode::kMessageTooBig, "message too large");
  }
  header->size = 2 + extended + kMaskSize;
  header->payload = static_cast<std::size_t>(size);
  if (buffer.size() >= header->size) return true;
  return need(header->size + header->payload);
}

bool FrameParser::CheckFirstByte(std::uint8_t byte, FrameHeader* header, FrameEvent* event) {
  const auto fail = [this, event](const char* why) {
    *event = Fail(CloseCode::kProtocolError, why);
    return false;
  };
  if ((byte & 0x70) != 0) return fail("reserved bits in use");
  header->fin = (byte & 0x80) != 0;
  header->opcode = static_cast<Opcode>(byte & 0x0F);
  switch (header->opcode) {
    case Opcode::kContinuation:
      return fragments_ != nullptr || fail("continuation of nothing");
    case Opcode::kText:
    case Opcode::kBinary:
      return fragments_ == nullptr || fail("new message inside a message");
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      return header->fin || fail("control frame in fragments");
  }
  return fail("unknown opcode");
}

FrameEvent FrameParser::TakeControl(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::kClose) return TakeClose(payload);
  FrameEvent event;
  event.kind = opcode == Opcode::kPing ? EventKind::kPing : EventKind::kPong;
  event.payload = payload;
  return event;
}

// RFC 6455 section 5.5.1.
FrameEvent FrameParser::TakeClose(std::string_view payload) {
  FrameEvent event;
  event.kind = EventKind::kClose;
  if (payload.size() == 1) return Fail(CloseCode::kProtocolError, "close frame of one byte");
  if (payload.size() >= 2) {
    const auto code = static_cast<std::uint16_t>(ReadBigEndian(payload.substr(0, 2)));
    if (!IsSendableCloseCode(code)) return Fail(CloseCode::kProtocolError, "bad close code");
    event.code = static_cast<CloseCode>(code);
    event.payload = payload.substr(2);
    if (!IsValidUtf8(event.payload)) {
      return Fail(CloseCode::kInvalidPayload, "close reason is not UTF-8");
    }
  }
  state_ = State::kClosed;
  fragments_.reset();
  return event;
}

bool FrameParser::IsText(const FrameHeader& header) const {
  return header.opcode == Opcode::kText ||
         (header.opcode == Opcode::kContinuation && fragments_->text);
}

// What is there of a frame that is not whole. It stays masked where it lies, for the caller may
// move it elsewhere before it is shown again.
bool FrameParser::CheckPart(const FrameHeader& header, std::span<const char> frame) {
  if (!IsText(header)) return true;
  const std::span<const char> mask = frame.subspan(header.size - kMaskSize, kMaskSize);
  const std::span<const char> payload = frame.subspan(header.size);
  std::array<char, 512> piece;
  while (checked_ < payload.size()) {
    const std::size_t size = std::min(piece.size(), payload.size() - checked_);
    for (std::size_t i = 0; i < size; ++i, ++checked_) {
      piece[i] = static_cast<char>(payload[checked_] ^ mask[checked_ % kMaskSize]);
    }
    if (!utf8_.Feed({piece.data(), size})) return false;
  }
  return true;
}

bool FrameParser::CheckRest(const FrameHeader& header, std::string_view payload) {
  if (!IsText(header)) return true;
  if (!utf8_.Feed(payload.substr(std::exchange(checked_, 0)))) return false;
  return !header.fin || utf8_.complete();
}

FrameEvent FrameParser::TakeMessage(bool text, std::string_view payload) {
  FrameEvent event;
  event.kind = EventKind::kMessage;
  event.text = text;
  event.payload = payload;
  return event;
}

bool FrameParser::TakeFragment(const FrameHeader& header, std::string_view payload,
                               FrameEvent* event) {
  if (!fragments_) {
    fragments_ = std::make_unique<Fragments>();
    fragments_->text = header.opcode == Opcode::kText;
  }
  fragments_->bytes += payload;
  if (!header.fin) return false;
  fragments_->complete = true;
  *event = TakeMessage(fragments_->text, fragments_->bytes);
  return true;
}

}  // namespace penstock::ws
