// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kernel/event.h"
#include "kernel/row.h"

namespace penstock::kernel {

// What an event of a COMMAND item asks for, from its fields `key` and `command`. Views into the
// event.
struct RowCommand {
  std::string_view key;
  RowAction action = RowAction::kNone;
};

// Nothing if there is no key or no command that means anything.
std::optional<RowCommand> ReadRowCommand(const ItemEvent& event);

// The rows of a COMMAND item, by key, in the order in which they were added. An UPDATE of a row
// allocates nothing once the row has grown. Shard: that of its owner.
class CommandTable {
 public:
  struct TableRow {
    std::string key;
    Row row;                // key and command included; the command is that of the last event
    Position changed;       // where in the flow the row last changed; set by the owner
    bool confirmed = true;  // see BeginReplacement()
  };
  using Rows = std::list<TableRow>;

  const FieldTable& fields() const { return fields_; }
  const Rows& rows() const { return rows_; }
  std::size_t size() const { return rows_.size(); }
  TableRow* Find(std::string_view key);
  const TableRow* Find(std::string_view key) const;

  // What `asked` comes to for a row that is there or not: ADD of a known key is an UPDATE, UPDATE
  // of an unknown one an ADD, DELETE of an unknown one nothing (kNone).
  RowAction Normalise(const RowCommand& asked) const;

  // Applies a normalised command. ADD, and an UPDATE that was asked for as an ADD (`whole`), take
  // absent fields as null; another UPDATE leaves them. Fills `out` with the row as clients are to
  // see the event: for DELETE all but key and command are null. Returns the row, null for DELETE.
  TableRow* Apply(const RowCommand& command, bool whole, std::span<const FieldValue> fields,
                  Row* out);
  void Clear();

  // A new snapshot is about to replace the rows: all become unconfirmed until an event names them.
  void BeginReplacement();
  // True if an ADD with these fields would leave the row as it is; it is confirmed then.
  bool Confirms(const RowCommand& command, std::span<const FieldValue> fields);
  // The keys that no event has named since.
  std::vector<std::string> Unconfirmed() const;

 private:
  void Fill(const RowCommand& command, const Row* base, std::span<const FieldValue> fields,
            Row* out);

  FieldTable fields_;
  Rows rows_;
  absl::flat_hash_map<std::string_view, Rows::iterator> by_key_;  // keys live in the rows
  std::vector<Row::Value> values_;                                // scratch
  Row compared_;                                                  // scratch
};

}  // namespace penstock::kernel
