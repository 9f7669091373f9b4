// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/local_item.h"

#include "base/check.h"

namespace penstock::kernel {

bool LocalItem::Deliver(const ItemEvent& event) {
  bool changed = false;
  switch (event.kind) {
    case EventKind::kUpdate:
      changed = state_.Apply(event);
      break;
    case EventKind::kClearSnapshot:
      changed = state_.Clear();
      break;
    case EventKind::kEndOfSnapshot:  // MERGE clients are not told (TLCP, EOS)
    case EventKind::kSourceLost:
      return false;
  }
  if (changed && !event.is_snapshot) realtime_generation_ = state_.generation();
  return changed;
}

void LocalItem::Add(Subscriber* subscriber) {
  subscriber->item = this;
  subscriber->position = static_cast<std::uint32_t>(subscribers_.size());
  subscribers_.push_back(subscriber);
}

void LocalItem::Remove(Subscriber* subscriber) {
  PENSTOCK_DCHECK(subscribers_[subscriber->position] == subscriber);
  Subscriber* const last = subscribers_.back();
  subscribers_[subscriber->position] = last;
  last->position = subscriber->position;
  subscribers_.pop_back();
  subscriber->item = nullptr;
}

}  // namespace penstock::kernel
