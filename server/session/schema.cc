// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/schema.h"

namespace penstock::session {

std::shared_ptr<const Schema> SchemaTable::Get(std::vector<kernel::FieldId> fields) {
  if (const auto it = schemas_.find(fields); it != schemas_.end()) {
    if (auto known = it->second.lock()) return known;
  }
  if (schemas_.size() >= sweep_at_) {
    absl::erase_if(schemas_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 64 + 2 * schemas_.size();
  }
  auto made = std::make_shared<const Schema>(Schema{next_id_++, fields});
  schemas_.insert_or_assign(std::move(fields), made);
  return made;
}

}  // namespace penstock::session
