// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item.h"

namespace penstock::kernel {

bool Item::Apply(ItemEvent* event) {
  switch (event->kind) {
    case EventKind::kUpdate:
      // A snapshot event of an item that is live already counts as an update.
      if (snapshot_over_) event->is_snapshot = false;
      if (!event->is_snapshot) snapshot_over_ = true;
      if (event->is_snapshot && replace_with_next_snapshot_) event->replaces_state = true;
      replace_with_next_snapshot_ = false;
      return state_.Apply(*event);
    case EventKind::kClearSnapshot:
      snapshot_over_ = true;
      return state_.Clear();
    case EventKind::kEndOfSnapshot:
      snapshot_over_ = true;
      return false;
    case EventKind::kSourceLost:
      replace_with_next_snapshot_ = state_.generation() != 0;
      snapshot_over_ = false;
      return false;
  }
  return false;
}

}  // namespace penstock::kernel
