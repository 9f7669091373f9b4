// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/local_item.h"
#include "session/line_block.h"
#include "session/schema.h"
#include "session/tail_table.h"
#include "tlcp/update_encoder.h"

namespace penstock::session {

// The encoded tails of `U` lines of one item: sessions with the same schema that go from the same
// event to the same event get the same bytes, encoded once; and a value difference is computed once
// for all schemas. Hangs on its LocalItem. Shard: own.
class TailCache final : public kernel::ItemAttachment {
 public:
  // The cache of `item`, made when it has none.
  static TailCache& Of(kernel::LocalItem& item);

  // What takes a client from the event `from` (zero: it has nothing) to the event `to`, which is
  // the item's newest or one in its log. CR LF included. Valid until the next call. If the values
  // of `from` are no longer known the tail is complete, as if it were zero. Empty: MERGE, and
  // nothing that the schema shows has changed.
  const LineBlock& Tail(kernel::LocalItem& item, const Schema& schema, kernel::Position from,
                        kernel::Position to);

  // Appends a row of a COMMAND item as if `action` had brought it, to a client that last got `base`
  // (null: nothing). `base_action`: how that was sent, kNone for as it is. Not cached: for rows
  // that went out of step with the log.
  void AppendRow(kernel::LocalItem& item, const Schema& schema, const kernel::Row* base,
                 kernel::RowAction base_action, const kernel::Row& row, kernel::RowAction action,
                 std::string& out);

  // `from`, or zero if a client that last got it may hold values as differences that another
  // remote adapter's declarations do not allow.
  kernel::Position BaseFor(const kernel::LocalItem& item, kernel::Position from) const {
    return has_had_orders_ && from.event() < item.diff_epoch() ? kernel::Position() : from;
  }

  std::uint64_t encoded() const { return encoded_; }
  std::uint64_t diffs() const { return diffs_computed_; }

 private:
  struct Place {
    int at = -1;  // in the slots or rows of the item; -1: it has no such field yet
    DiffOrder order;
  };
  struct OfSchema {
    std::uint32_t schema_id = 0;
    std::size_t known_fields = SIZE_MAX;  // of the item when `places` was made
    std::uint64_t known_declarations = UINT64_MAX;
    std::vector<Place> places;  // by schema position
    TailTable tails;
  };
  // A difference between two values of a field; empty: there is none that is worth it.
  struct Diff {
    std::size_t place = 0;
    kernel::Position from;
    kernel::Position to;  // zero: unused
    tlcp::DiffSupport support;
    std::string token;
  };

  OfSchema& Find(kernel::LocalItem& item, const Schema& schema);
  // False if nothing has changed.
  bool EncodeLatest(const kernel::LocalItem& item, const Schema& schema, const OfSchema& of,
                    kernel::Position from, std::string& out);
  bool EncodeRow(const kernel::LocalItem& item, const Schema& schema, const OfSchema& of,
                 kernel::Position from, kernel::Position to, std::string& out);
  // The token of a difference; nothing if the full value is to go.
  std::string_view DiffToken(const Schema& schema, const Place& place, kernel::Position from,
                             kernel::Position to, std::string_view base, std::string_view next);

  std::vector<OfSchema> schemas_;
  std::size_t next_schema_ = 0;
  std::string scratch_;
  LineBlock uncached_;
  std::vector<Diff> diff_cache_;
  std::size_t next_diff_ = 0;
  bool has_had_orders_ = false;  // some client may have been sent a difference
  std::uint64_t encoded_ = 0;
  std::uint64_t diffs_computed_ = 0;
};

}  // namespace penstock::session
