// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=reconf (TLCP §3.4): another frequency limit for a running subscription.

#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleReconf(const tlcp::Reconf& request, Answer answer) {
  Subscription* const subscription = Find(request.sub_id);
  if (subscription == nullptr || subscription->state() != Subscription::State::kActive) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound));
    return;
  }
  if (subscription->unfiltered()) {
    answer(tlcp::MakeError(tlcp::RequestCode::kReconfOfUnfiltered));
    return;
  }
  if (request.max_frequency) {
    subscription->ApplyFrequency(*request.max_frequency, table_.shard().now());
    tlcp::AppendConf(request.sub_id, subscription->TopFrequency(), true, Lines());
    ReleasePaced();
    MarkReady(true);
  }
  answer(std::nullopt);
}

}  // namespace penstock::session
