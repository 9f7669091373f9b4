// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=force_rebind (TLCP §3.6).

#include <algorithm>

#include "session/session.h"
#include "session/session_table.h"

namespace penstock::session {

void Session::HandleForceRebind(const tlcp::ForceRebind& request, Answer answer) {
  const Millis delay = std::min(request.polling.value_or(Millis(0)), table_.options().polling_max);
  if (link_ != nullptr) SendLoop(delay, request.close_socket);
  answer(std::nullopt);
}

}  // namespace penstock::session
