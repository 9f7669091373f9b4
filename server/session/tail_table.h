// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "kernel/event_log.h"
#include "session/line_block.h"

namespace penstock::session {

// The tails of one item in one schema that sessions may still ask for, by the events that they go
// from and to. As large as what is asked for needs: a tail that is lost to another is encoded once
// more when it is wanted, so that few of these losses cost less than a larger table. Bounded in
// tails and bytes. Shard: the item's.
class TailTable {
 public:
  static constexpr std::size_t kFewest = 4;
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostBytes = 1024 * 1024;

  // Null: it is not there. Valid until the next Store().
  const LineBlock* Find(kernel::Position from, kernel::Position to) const;
  // Nobody can want a tail to `over`, or to what was before it, any more.
  const LineBlock& Store(kernel::Position over, kernel::Position from, kernel::Position to,
                         std::string_view bytes);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    kernel::Position from;
    kernel::Position to;  // zero: empty
    LineBlock bytes;
  };

  // Once in as many stores as there are places: those that nobody can want go, and the table grows
  // if a good part of these stores took the place of something else.
  void Review(kernel::Position over);
  void Grow();

  std::vector<Entry> entries_ = std::vector<Entry>(kFewest);  // a power of two
  std::size_t stores_ = 0;                                    // since the last review
  std::size_t losses_ = 0;  // of tails that somebody might still have wanted
  std::size_t bytes_ = 0;
};

}  // namespace penstock::session
