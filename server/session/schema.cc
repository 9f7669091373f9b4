// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/schema.h"

namespace penstock::session {

std::shared_ptr<const Schema> SchemaTable::Get(std::vector<kernel::FieldId> fields,
                                               tlcp::DiffSupport support) {
  Known& known = schemas_[(support.json_patch ? 1u : 0u) + (support.tlcp_diff ? 2u : 0u)];
  if (const auto it = known.find(fields); it != known.end()) {
    if (auto schema = it->second.lock()) return schema;
  }
  if (known.size() >= sweep_at_) {
    absl::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 64 + 2 * known.size();
  }
  auto made = std::make_shared<const Schema>(Schema{next_id_++, fields, support, &diffs_});
  known.insert_or_assign(std::move(fields), made);
  return made;
}

}  // namespace penstock::session
