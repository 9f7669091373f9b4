// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "adapters/client_control.h"
#include "adapters/courier.h"
#include "runtime/shard_pool.h"
#include "session/session_table.h"

namespace penstock::app {

// Lets Metadata Adapters end sessions and subscriptions, on whatever shard these live: the id of a
// session tells. Owned by the Application; outlives the hub. Shard: any; immutable.
class SessionControl final : public adapters::ClientControl {
 public:
  // `tables` by shard index. Both must outlive this.
  SessionControl(runtime::ShardPool& shards, std::vector<session::SessionTable*> tables)
      : courier_(shards), tables_(std::move(tables)) {}

  void EndSession(const std::string& adapter_set, std::string session_id, tlcp::Error cause,
                  absl::AnyInvocable<void()> done) override;
  void EndSubscription(const std::string& adapter_set, std::string session_id, int win_index,
                       absl::AnyInvocable<void(bool)> done) override;

 private:
  // The table where the session would be; one like any other if the id is not of this server.
  session::SessionTable& TableOf(const std::string& session_id) const;

  const adapters::Courier courier_;
  const std::vector<session::SessionTable*> tables_;
};

}  // namespace penstock::app
