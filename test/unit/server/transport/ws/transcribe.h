// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "transport/ws/frame_parser.h"

namespace penstock::ws {

// Feeds `input` to a parser the way a connection does, in pieces that end at `cuts` (ascending) and
// at the end of the input, and tells what it found. Two ways of cutting the same input must tell
// the same.
class Transcriber {
 public:
  explicit Transcriber(std::size_t max_message_bytes) : parser_(max_message_bytes) {}

  std::string Run(std::string_view input, std::span<const std::size_t> cuts) {
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
      if (cut <= from || cut >= input.size()) continue;
      Feed(input.substr(from, cut - from));
      from = cut;
    }
    Feed(input.substr(from));
    story_ += "rest " + std::to_string(unread_.size()) + "\n";
    return story_;
  }

 private:
  void Feed(std::string_view piece) {
    unread_ += piece;
    while (!failed_ && Step()) {
    }
    if (failed_) unread_.clear();
  }

  // The parser works on an exact copy on the heap, so that a sanitizer finds any step beyond it.
  bool Step() {
    const std::size_t size = unread_.size();
    const auto copy = std::make_unique<char[]>(size);
    unread_.copy(copy.get(), size);
    std::size_t consumed = 0;
    const FrameEvent event = parser_.Next({copy.get(), size}, &consumed);
    PENSTOCK_CHECK(event.kind != EventKind::kNeedMore || event.missing > 0);
    // What is left has to be untouched: the caller shows it again.
    PENSTOCK_CHECK(
        unread_.compare(consumed, std::string::npos, copy.get() + consumed, size - consumed) == 0);
    unread_.erase(0, consumed);
    return event.kind != EventKind::kNeedMore && Tell(event);
  }

  bool Tell(const FrameEvent& event) {
    switch (event.kind) {
      case EventKind::kNeedMore:
        break;
      case EventKind::kMessage:
        story_ += event.text ? "text " : "binary ";
        break;
      case EventKind::kPing:
        story_ += "ping ";
        break;
      case EventKind::kPong:
        story_ += "pong ";
        break;
      case EventKind::kClose:
        story_ += "close " + std::to_string(static_cast<int>(event.code)) + " ";
        break;
      case EventKind::kError:
        story_ += "error " + std::to_string(static_cast<int>(event.code)) + " ";
        failed_ = true;
        break;
    }
    story_ += std::string(event.payload) + "\n";
    return !failed_;
  }

  FrameParser parser_;
  std::string unread_;
  std::string story_;
  bool failed_ = false;
};

}  // namespace penstock::ws
