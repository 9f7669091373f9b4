// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/tail_cache.h"

#include <memory>

#include "tlcp/line_writer.h"
#include "tlcp/update_encoder.h"

namespace penstock::session {

namespace {
// Different schemas on one item that are remembered at once; more take turns.
constexpr std::size_t kSchemas = 8;
}  // namespace

TailCache& TailCache::Of(kernel::LocalItem& item) {
  if (item.attachment() == nullptr) item.set_attachment(std::make_unique<TailCache>());
  return static_cast<TailCache&>(*item.attachment());
}

TailCache::OfSchema& TailCache::Find(const kernel::LocalItem& item, const Schema& schema) {
  OfSchema* found = nullptr;
  for (OfSchema& entry : schemas_) {
    if (entry.schema_id == schema.id) {
      found = &entry;
      break;
    }
  }
  if (found == nullptr) {
    if (schemas_.size() < kSchemas) {
      found = &schemas_.emplace_back();
    } else {
      found = &schemas_[next_schema_++ % kSchemas];
      *found = OfSchema();
    }
    found->schema_id = schema.id;
  }
  if (found->slots.empty() || found->known_slots != item.state().slots().size()) {
    found->known_slots = item.state().slots().size();
    found->slots.clear();
    for (const kernel::FieldId field : schema.fields) {
      found->slots.push_back(item.state().Find(field));
    }
  }
  return *found;
}

std::string_view TailCache::Tail(const kernel::LocalItem& item, const Schema& schema,
                                 std::uint32_t from) {
  OfSchema& of = Find(item, schema);
  const std::uint32_t to = item.generation();
  for (const Entry& entry : of.tails) {
    if (entry.to == to && entry.from == from) return entry.bytes;
  }
  Entry& entry = of.tails[of.next];
  of.next = (of.next + 1) % kTails;
  entry.from = from;
  entry.to = to;
  entry.bytes.clear();
  tlcp::TailWriter writer(entry.bytes);
  for (const int at : of.slots) {
    if (at < 0) {  // a field that the adapter never named
      from == 0 ? writer.Null() : writer.Unchanged();
      continue;
    }
    const kernel::MergeState::Slot& slot = item.state().slots()[at];
    if (from != 0 && slot.changed <= from) {
      writer.Unchanged();
    } else if (slot.is_null) {
      writer.Null();
    } else {
      writer.Value(slot.value);
    }
  }
  writer.Finish();
  entry.bytes += tlcp::kLineEnd;
  ++encoded_;
  return entry.bytes;
}

}  // namespace penstock::session
