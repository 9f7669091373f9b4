// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/latest_state.h"

#include <algorithm>

namespace penstock::test {

void LatestState::OnUpdate(TimePoint now) {
  const Wish& wish = view_.wish();
  if (!wish.wants_snapshot && !view_.sent_any() && view_.item().realtime_end() <= view_.low()) {
    return view_.Fail("a snapshot that was not asked for");
  }
  bool found = false;
  const std::size_t from = view_.sent_any() ? at_ + 1 : std::max<std::size_t>(view_.low(), 1);
  for (std::size_t at = from; at <= view_.flow().size() && !found; ++at) {
    if (wish.is_exact) at = view_.flow().size();
    if (!view_.Tells(view_.flow()[at - 1].values)) continue;
    found = true;
    at_ = at;
  }
  if (!found) return view_.Fail("not the state of the item, or an old one");
  view_.CheckPace("", now);
}

void LatestState::Settle() {
  if (!view_.MustHaveSent()) return;
  const Vector& last = view_.flow().back().values;
  if (view_.wish().Takes(last) && (!view_.sent_any() || !view_.Shows(last))) {
    view_.Fail("not the last state");
  }
}

}  // namespace penstock::test
