// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/ways.h"

#include "delivery/event_ways.h"
#include "delivery/latest_state.h"
#include "delivery/row_ways.h"
#include "delivery/selected_rows.h"

namespace penstock::test {

std::unique_ptr<Ways> Ways::Of(ClientView& view) {
  const Wish& wish = view.wish();
  if (wish.mode == tlcp::Mode::kCommand) {
    if (wish.takes) return std::make_unique<SelectedRows>(view);
    return std::make_unique<RowWays>(view);
  }
  if (wish.is_latest) return std::make_unique<LatestState>(view);
  return std::make_unique<EventWays>(view);
}

}  // namespace penstock::test
