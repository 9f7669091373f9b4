// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kernel/field_names.h"
#include "session/options.h"
#include "tlcp/value_diff.h"

namespace penstock::session {

// A list of fields that some subscriptions have in common, together with the differences that their
// clients understand, so that what is encoded for one serves all. Shard: that of its table;
// immutable.
struct Schema {
  std::uint32_t id = 0;  // never used twice
  std::vector<kernel::FieldId> fields;
  tlcp::DiffSupport support;
  const DiffPolicy* diffs = nullptr;  // never null in a table's schemas
};

// Finds equal schemas. Entries live while a subscription uses them. Shard: own.
class SchemaTable {
 public:
  // `diffs` must outlive the table.
  explicit SchemaTable(const DiffPolicy& diffs) : diffs_(diffs) {}

  std::shared_ptr<const Schema> Get(std::vector<kernel::FieldId> fields,
                                    tlcp::DiffSupport support = {});

 private:
  const DiffPolicy& diffs_;
  std::uint32_t next_id_ = 1;
  std::size_t sweep_at_ = 64;
  using Known = absl::flat_hash_map<std::vector<kernel::FieldId>, std::weak_ptr<const Schema>>;
  std::array<Known, 4> schemas_;  // by what is supported
};

}  // namespace penstock::session
