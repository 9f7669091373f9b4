// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=reconf (TLCP §3.4): another frequency limit for a running subscription.

#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleReconf(const tlcp::Reconf& request, Answer answer) {
  const auto it = subscriptions_.find(request.sub_id);
  if (it == subscriptions_.end() || it->second->state() != Subscription::State::kActive) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound));
    return;
  }
  if (it->second->unfiltered()) {
    answer(tlcp::MakeError(tlcp::RequestCode::kReconfOfUnfiltered));
    return;
  }
  if (request.max_frequency) {
    it->second->ApplyFrequency(*request.max_frequency, table_.shard().now());
    tlcp::AppendConf(request.sub_id, it->second->TopFrequency(), true, lines_);
    ReleasePaced();
    MarkReady(true);
  }
  answer(std::nullopt);
}

}  // namespace penstock::session
