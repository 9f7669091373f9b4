// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "tlcp/codes.h"

namespace penstock::adapters {

// What a Metadata Adapter may do to the clients of its Adapter Set without being asked; the
// application implements it over the sessions. A session that does not exist, or is one of another
// set, is left alone and counts as done (ari.md §3.11, §3.12).
//
// Shard: called on the proxy's; `done` comes back there exactly once, never from inside the call.
// Both are in order with what the proxy's shard has mailed to the session's, so that a grant that
// is on its way arrives first.
class ClientControl {
 public:
  // The client is told `cause` by END.
  virtual void EndSession(const std::string& adapter_set, std::string session_id, tlcp::Error cause,
                          absl::AnyInvocable<void()> done) = 0;
  // The client is told by UNSUB. False: the adapter did not allow this for the subscription.
  virtual void EndSubscription(const std::string& adapter_set, std::string session_id,
                               int win_index, absl::AnyInvocable<void(bool)> done) = 0;

 protected:
  ~ClientControl() = default;
};

}  // namespace penstock::adapters
