// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/string_hash.h"
#include "kernel/field_names.h"
#include "kernel/local_item.h"
#include "session/selection.h"

namespace penstock::session {

// The selector of a subscription at work: what it takes of the items, and what the feeds have to
// remember because of it. Owned by the subscription, and only by one that has a selector. Shard:
// the session's.
class Selecting {
 public:
  using KeySet = absl::flat_hash_set<std::string, StringHash, std::equal_to<>>;
  struct ItemState {
    // Filtered MERGE: the newest state that was looked at and kept back.
    kernel::Generation kept_back = 0;
    // Queueing modes: with the log up to here, no more wait than may.
    kernel::Position measured;
    // COMMAND: the rows that the client has; never more than the item has, once all is told.
    KeySet keys;
  };

  // `fields` are those of the selection, in its order.
  Selecting(std::shared_ptr<const Selection> selection, std::vector<kernel::FieldId> fields,
            std::size_t items)
      : selection_(std::move(selection)), fields_(std::move(fields)), items_(items) {}

  ItemState& StateOf(std::size_t index) { return items_[index]; }

  // A field that the item does not know is null.
  bool Takes(const kernel::LocalItem& item, const kernel::Row& row) const {
    return selection_->Holds([&](std::size_t field) {
      const int at = item.Find(fields_[field]);
      return at < 0 ? kernel::Row::Value() : row.Get(static_cast<std::size_t>(at));
    });
  }
  // MERGE: the values of now.
  bool TakesState(const kernel::LocalItem& item) const {
    return selection_->Holds([&](std::size_t field) {
      const int at = item.Find(fields_[field]);
      if (at < 0) return kernel::Row::Value();
      const kernel::MergeState::Slot& slot = item.state().slots()[static_cast<std::size_t>(at)];
      return kernel::Row::Value{slot.value, slot.is_null};
    });
  }

 private:
  const std::shared_ptr<const Selection> selection_;
  const std::vector<kernel::FieldId> fields_;
  std::vector<ItemState> items_;
};

}  // namespace penstock::session
