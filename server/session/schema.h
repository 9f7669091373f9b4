// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kernel/field_names.h"

namespace penstock::session {

// A list of fields that some subscriptions have in common, so that what is encoded for one serves
// all. Shard: that of its table; immutable.
struct Schema {
  std::uint32_t id = 0;  // never used twice
  std::vector<kernel::FieldId> fields;
};

// Finds equal schemas. Entries live while a subscription uses them. Shard: own.
class SchemaTable {
 public:
  std::shared_ptr<const Schema> Get(std::vector<kernel::FieldId> fields);

 private:
  std::uint32_t next_id_ = 1;
  std::size_t sweep_at_ = 64;
  absl::flat_hash_map<std::vector<kernel::FieldId>, std::weak_ptr<const Schema>> schemas_;
};

}  // namespace penstock::session
