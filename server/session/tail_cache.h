// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/local_item.h"
#include "session/schema.h"

namespace penstock::session {

// The encoded tails of `U` lines of one item: sessions with the same schema that last saw the same
// generation get the same bytes, encoded once. Hangs on its LocalItem. Shard: own.
class TailCache final : public kernel::ItemAttachment {
 public:
  // The cache of `item`, made when it has none.
  static TailCache& Of(kernel::LocalItem& item);

  // What takes a client from generation `from` (0: it has nothing) to the item's present one.
  // CR LF included. Valid until the next call.
  std::string_view Tail(const kernel::LocalItem& item, const Schema& schema, std::uint32_t from);

  std::uint64_t encoded() const { return encoded_; }

 private:
  static constexpr int kTails = 4;
  struct Entry {
    std::uint32_t from = 0;
    std::uint32_t to = 0;  // 0: empty
    std::string bytes;
  };
  struct OfSchema {
    std::uint32_t schema_id = 0;
    std::size_t known_slots = 0;  // slots of the item when `slots` was made
    std::vector<int> slots;       // by schema position; -1: the item has no such field yet
    int next = 0;
    std::array<Entry, kTails> tails;
  };

  OfSchema& Find(const kernel::LocalItem& item, const Schema& schema);

  std::vector<OfSchema> schemas_;
  std::size_t next_schema_ = 0;
  std::uint64_t encoded_ = 0;
};

}  // namespace penstock::session
