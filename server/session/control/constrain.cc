// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=constrain (TLCP §3.5): another bandwidth limit for the session.

#include <algorithm>

#include "session/session.h"

namespace penstock::session {

void Session::HandleConstrain(const tlcp::Constrain& request, Answer answer) {
  // A debt stays, or a client could shake it off; without a limit nobody has one.
  SettleCredit(false);
  if (throttle_ != nullptr) throttle_->credit = std::min(throttle_->credit, 0.0);
  LimitBandwidth(request.max_bandwidth);
  if (tells_bandwidth_) AppendCons(Lines());
  MarkReady(true);
  answer(std::nullopt);
}

}  // namespace penstock::session
