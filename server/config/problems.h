// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace penstock::config {

struct Place {
  std::string file;
  int line = 0;  // from 1; 0 = the file as a whole
  bool operator==(const Place&) const = default;
};

// "file:line", or the file alone.
std::string ToString(const Place& place);

// All that is wrong with a configuration, so that an operator mends a file in one go and not one
// error at a time. Owned by one load. Shard: the thread that loads.
class Problems {
 public:
  static constexpr std::size_t kMostShown = 20;

  // `text`: what is wrong; what would be right. `key` may be empty.
  void Add(const Place& place, std::string_view key, std::string_view text);
  bool empty() const { return entries_.empty(); }

  // One line a problem, "file:line: key: text", files in the order of their first problem and
  // lines in order; Ok when there is none.
  Status ToStatus() const;

 private:
  struct Entry {
    std::size_t file_order;
    int line;
    std::string text;
  };

  std::vector<std::string> files_;
  std::vector<Entry> entries_;
};

}  // namespace penstock::config
