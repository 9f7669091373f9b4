// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "transport/http/body_reader.h"
#include "transport/http/request_head_parser.h"

namespace penstock::http {

// Feeds `input` to head parser and body reader the way a connection does, in pieces that end at
// `cuts` (ascending) and at the end of the input, and tells what they found. Two ways of cutting
// the same input must tell the same.
class Transcriber {
 public:
  Transcriber(const HeadLimits& limits, std::size_t max_body_bytes)
      : limits_(limits), max_body_bytes_(max_body_bytes) {}

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
    while (!failed_ && (in_body_ ? StepBody() : StepHead())) {
    }
    if (failed_) unread_.clear();
  }

  // The parser sees an exact copy on the heap, so that a sanitizer finds any step beyond it.
  std::unique_ptr<char[]> ExactCopy() const {
    auto copy = std::make_unique<char[]>(unread_.size());
    unread_.copy(copy.get(), unread_.size());
    return copy;
  }

  bool StepHead() {
    const std::unique_ptr<char[]> copy = ExactCopy();
    RequestHead head;
    RequestError error;
    std::size_t consumed = 0;
    const std::string_view buffer(copy.get(), unread_.size());
    switch (parser_.Parse(buffer, limits_, &head, &consumed, &error)) {
      case ParseResult::kNeedMore:
        return false;
      case ParseResult::kError:
        return Fail(error);
      case ParseResult::kComplete:
        break;
    }
    Tell(head);
    unread_.erase(0, consumed);
    body_.clear();
    reader_.Start(head, max_body_bytes_);
    in_body_ = true;
    return true;
  }

  bool StepBody() {
    const std::unique_ptr<char[]> copy = ExactCopy();
    std::size_t used = 0;
    const BodyResult result =
        reader_.Consume(std::string_view(copy.get(), unread_.size()), &used, &body_);
    unread_.erase(0, used);
    if (result == BodyResult::kNeedMore) return false;
    story_ += "body " + body_ + "\n";
    if (result == BodyResult::kError) return Fail(reader_.error());
    in_body_ = false;
    return true;
  }

  bool Fail(const RequestError& error) {
    story_ += "error " + std::to_string(error.status) + " " + std::string(error.text) + "\n";
    failed_ = true;
    return false;
  }

  void Tell(const RequestHead& head) {
    story_ += "head " + std::string(head.method_text) + " " + std::string(head.host) + " " +
              std::string(head.path) + " ? " + std::string(head.query) + " 1." +
              std::to_string(head.version_minor);
    story_ += head.keep_alive ? " keep-alive" : " close";
    if (head.chunked) story_ += " chunked";
    if (head.expect_continue) story_ += " expect";
    if (head.upgrade_websocket) story_ += " websocket";
    if (head.content_length) story_ += " length " + std::to_string(*head.content_length);
    for (const Header& header : head.headers) {
      story_ += "\n  " + std::string(header.name) + "=" + std::string(header.value);
    }
    story_ += "\n";
  }

  const HeadLimits limits_;
  const std::size_t max_body_bytes_;
  RequestHeadParser parser_;
  BodyReader reader_;
  std::string unread_;
  std::string body_;
  std::string story_;
  bool in_body_ = false;
  bool failed_ = false;
};

}  // namespace penstock::http
