// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "transport/ws/close_code.h"
#include "transport/ws/opcode.h"

namespace penstock::ws {

enum class EventKind : std::uint8_t {
  kNeedMore,  // read at least `missing` bytes more
  kMessage,   // a whole message in `payload`; `text` tells text from binary
  kPing,      // answer with a pong of the same payload
  kPong,
  kClose,  // `code` and reason (`payload`); code kNoStatus if the frame had none. Answer and close
  kError,  // the peer broke the rules: send a close frame with `code`, and close
};

struct FrameEvent {
  EventKind kind = EventKind::kNeedMore;
  bool text = false;
  CloseCode code = CloseCode::kNoStatus;
  std::string_view payload;  // on kError: why, a text that lives for ever
  std::size_t missing = 0;
};

// Reads the frames of a client (RFC 6455 section 5): masked, without extensions, text checked for
// UTF-8 as it comes, so that bad text is told before the rest of its frame or message. Frames are
// unmasked where they lie; only a message in several fragments is put together in memory of the
// parser's own. Owner: the connection. Shard: that of the connection. Life: as the connection.
// After kClose it swallows all input, after kError it repeats the error. Invariant: the events do
// not depend on how the bytes were split over the calls.
class FrameParser {
 public:
  explicit FrameParser(std::size_t max_message_bytes);
  ~FrameParser();
  FrameParser(FrameParser&&) noexcept;
  FrameParser& operator=(FrameParser&&) noexcept;

  // `buffer` is everything unread. Takes at most one event off its front; the caller drops
  // `*consumed` bytes and calls again until kNeedMore, which may have consumed fragments too. What
  // is left then has to be kept, untouched, and shown again with more bytes behind it.
  // The payload lies in `buffer` or in the parser, and is valid until the next call; that call also
  // gives back the memory of a message in fragments.
  [[nodiscard]] FrameEvent Next(std::span<char> buffer, std::size_t* consumed);

  // Part of a message in fragments is kept here.
  bool in_message() const { return fragments_ != nullptr; }
  // Of it, in the frames that have come whole.
  std::size_t message_bytes() const { return fragments_ == nullptr ? 0 : fragments_->bytes.size(); }
  std::size_t max_message_bytes() const { return max_message_bytes_; }

 private:
  struct Fragments {
    std::string bytes;
    bool text = false;
    bool complete = false;
  };
  struct FrameHeader {
    Opcode opcode = Opcode::kContinuation;
    bool fin = false;
    std::size_t size = 0;     // of the header, masking key included
    std::size_t payload = 0;  // size of the payload
  };
  enum class State : std::uint8_t { kOpen, kClosed, kFailed };

  FrameEvent Fail(CloseCode code, const char* why);
  // True with `header` set, or false with `event` set to kNeedMore or kError.
  bool ReadHeader(std::span<const char> buffer, FrameHeader* header, FrameEvent* event);
  bool CheckFirstByte(std::uint8_t byte, FrameHeader* header, FrameEvent* event);
  FrameEvent TakeControl(Opcode opcode, std::string_view payload);
  FrameEvent TakeClose(std::string_view payload);
  static FrameEvent TakeMessage(bool text, std::string_view payload);
  bool IsText(const FrameHeader& header) const;
  bool CheckPart(const FrameHeader& header, std::span<const char> frame);
  bool CheckRest(const FrameHeader& header, std::string_view payload);
  bool TakeFragment(const FrameHeader& header, std::string_view payload, FrameEvent* event);

  std::size_t max_message_bytes_;
  std::unique_ptr<Fragments> fragments_;
  std::size_t checked_ = 0;  // of the text of a frame that is not whole yet
  const char* failure_ = nullptr;
  CloseCode failure_code_ = CloseCode::kNoStatus;
  Utf8Checker utf8_;  // of the text message under way
  State state_ = State::kOpen;
};

static_assert(sizeof(FrameParser) <= 40, "one lives in every idle connection");

}  // namespace penstock::ws
