// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::ari {

// Cuts a stream of bytes into lines, whatever the reads that brought them. LF and CRLF end a line,
// blank lines are skipped, a byte order mark at the start of the stream is skipped. A line that
// lies whole in one chunk is not copied. Owner: one connection. Thread: that of the connection.
// Use: Feed() a chunk, call Next() until it does not return kLine, and only then reuse the chunk's
// memory. Invariant: the lines do not depend on how the stream was cut into chunks.
class LineSplitter {
 public:
  enum class Cut {
    kLine,      // *line is the next line, without its end
    kNeedMore,  // the chunk is used up; what is left of it was kept
    kTooLong,   // a line exceeds the cap; the stream is lost, every further call says the same
  };
  static constexpr size_t kDefaultMaxLine = 16u << 20;

  explicit LineSplitter(size_t max_line = kDefaultMaxLine) : max_line_(max_line) {}

  // From the next call of Next() on.
  void set_max_line(size_t max_line) { max_line_ = max_line; }

  // Takes a view of `chunk`; a chunk not yet used up must not be replaced.
  void Feed(std::string_view chunk) { rest_ = chunk; }

  // *line is valid until the next call of Next(), and no longer than the chunk.
  Cut Next(std::string_view* line);

  // True when a line was begun and not ended: at the end of the stream, a truncated packet.
  bool has_partial_line() const { return !partial_.empty() && !partial_delivered_; }

 private:
  bool Trim(std::string_view* line);

  size_t max_line_;
  std::string_view rest_;
  std::string partial_;  // a line that began in an earlier chunk
  bool partial_delivered_ = false;
  bool at_start_ = true;
  bool lost_ = false;
};

}  // namespace penstock::ari
