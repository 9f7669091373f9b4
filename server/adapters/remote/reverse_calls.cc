// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/reverse_calls.h"

#include <utility>

#include "adapters/remote/short_text.h"
#include "base/log.h"

namespace penstock::adapters {

void ReverseCalls::EndSession(std::string session_id, const std::optional<AdapterCause>& cause,
                              Done<Void> done) {
  if (!Begin()) {
    done(Failure{FailureKind::kUnexpected, "too many calls under way"});
    return;
  }
  tlcp::Error error = ToError(session_id, cause);
  const std::string key = session_id;
  HoldOrRun(key, [this, session_id = std::move(session_id), error = std::move(error),
                  done = std::move(done)]() mutable {
    place_.control.EndSession(adapter_set_, std::move(session_id), std::move(error),
                              [this, done = std::move(done)]() mutable {
                                --under_way_;
                                place_.counters.forced_terminations.Add();
                                done(Void());
                              });
  });
}

void ReverseCalls::EndSubscription(std::string session_id, int win_index, Done<bool> done) {
  if (!Begin()) {
    done(Failure{FailureKind::kUnexpected, "too many calls under way"});
    return;
  }
  const std::string key = KeyOf(session_id, win_index);
  HoldOrRun(
      key, [this, session_id = std::move(session_id), win_index, done = std::move(done)]() mutable {
        place_.control.EndSubscription(adapter_set_, std::move(session_id), win_index,
                                       [this, done = std::move(done)](bool allowed) mutable {
                                         --under_way_;
                                         (allowed ? place_.counters.forced_unsubscriptions
                                                  : place_.counters.forced_calls_refused)
                                             .Add();
                                         done(allowed);
                                       });
      });
}

bool ReverseCalls::Begin() {
  if (under_way_ >= kMost) {
    place_.counters.forced_calls_refused.Add();
    if (warning_.Due(place_.shard.now())) {
      PENSTOCK_LOG(kAdapter, kWarn,
                   "the metadata adapter ends more sessions and subscriptions at once than may be "
                   "under way (once a minute)",
                   {"proxy", proxy_name_}, {"most", kMost});
    }
    return false;
  }
  ++under_way_;
  return true;
}

void ReverseCalls::HoldOrRun(const std::string& key, runtime::Task task) {
  const auto it = running_.find(key);
  if (it == running_.end()) {
    task();
  } else {
    it->second.push_back(std::move(task));
  }
}

void ReverseCalls::Release(const std::string& key) {
  const auto it = running_.find(key);
  if (it == running_.end()) return;
  std::vector<runtime::Task> held = std::move(it->second);
  running_.erase(it);
  for (runtime::Task& task : held) task();
}

tlcp::Error ReverseCalls::ToError(const std::string& session_id,
                                  const std::optional<AdapterCause>& cause) {
  if (!cause) return tlcp::MakeError(tlcp::SessionCode::kClosedByServer);
  if (cause->code > 0 && warning_.Due(place_.shard.now())) {
    PENSTOCK_LOG(kAdapter, kWarn,
                 "the metadata adapter chose a positive code for a client: 0 is sent "
                 "(once a minute)",
                 {"proxy", proxy_name_}, {"session", session_id}, {"code", cause->code});
  }
  return tlcp::MakeCustomError(cause->code, ShortText(cause->message));
}

}  // namespace penstock::adapters
