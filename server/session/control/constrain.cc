// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=constrain (TLCP §3.5): another bandwidth limit for the session.

#include "session/session.h"

namespace penstock::session {

void Session::HandleConstrain(const tlcp::Constrain& request, Answer answer) {
  requested_kbps_ = request.max_bandwidth.kbps;
  credit_ = 0;
  if (tells_bandwidth_) AppendCons(lines_);
  MarkReady(true);
  answer(std::nullopt);
}

}  // namespace penstock::session
