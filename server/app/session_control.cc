// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/session_control.h"

#include <utility>

#include "base/check.h"
#include "session/session.h"

namespace penstock::app {

namespace {

// Null if there is no such session, or only in another set.
session::Session* Find(session::SessionTable& table, const std::string& adapter_set,
                       const std::string& session_id) {
  session::Session* const session = table.Find(session_id);
  const bool ours = session != nullptr && session->adapter_set().id == adapter_set;
  return ours ? session : nullptr;
}

}  // namespace

session::SessionTable& SessionControl::TableOf(const std::string& session_id) const {
  return *tables_[tables_.front()->ShardOf(session_id).value_or(0)];
}

void SessionControl::EndSession(const std::string& adapter_set, std::string session_id,
                                tlcp::Error cause, absl::AnyInvocable<void()> done) {
  runtime::Shard* const home = courier_.Here();
  PENSTOCK_CHECK(home != nullptr);
  session::SessionTable& table = TableOf(session_id);
  courier_.Send(table.shard(), [this, &table, home, adapter_set, session_id = std::move(session_id),
                                cause = std::move(cause), done = std::move(done)]() mutable {
    table.End(adapter_set, session_id, cause);
    courier_.Send(*home, std::move(done));
  });
}

void SessionControl::EndSubscription(const std::string& adapter_set, std::string session_id,
                                     int win_index, absl::AnyInvocable<void(bool)> done) {
  runtime::Shard* const home = courier_.Here();
  PENSTOCK_CHECK(home != nullptr);
  session::SessionTable& table = TableOf(session_id);
  courier_.Send(table.shard(), [this, &table, home, adapter_set, session_id = std::move(session_id),
                                win_index, done = std::move(done)]() mutable {
    auto answer = [this, home, done = std::move(done)](bool allowed) mutable {
      courier_.Send(*home, [done = std::move(done), allowed]() mutable { done(allowed); });
    };
    if (session::Session* const session = Find(table, adapter_set, session_id)) {
      session->ForceUnsubscribe(win_index, std::move(answer));
    } else {
      answer(true);
    }
  });
}

}  // namespace penstock::app
