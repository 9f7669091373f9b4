// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/call_failures.h"

#include "base/log.h"

namespace penstock::adapters {

namespace {

Failure Undecided(FailureKind kind, std::string_view why) {
  Failure failure{kind, std::string(why)};
  failure.may_be_done = true;
  return failure;
}

}  // namespace

Failure CallFailures::NotConnected() {
  return {FailureKind::kDisconnected, "no remote adapter is connected"};
}

Failure CallFailures::Lost() {
  return Undecided(FailureKind::kDisconnected, "the remote adapter was lost");
}

Failure CallFailures::Dropped() {
  return Undecided(FailureKind::kUnexpected, "nobody waits for the answer any more");
}

Failure CallFailures::TimedOut(std::string_view method) {
  counters_.timeouts.Add();
  Log(timeouts_, "the metadata adapter did not answer in time", method, "timeout");
  return Undecided(FailureKind::kTimeout, "no answer in time");
}

Failure CallFailures::Unusable(std::string_view method, std::string_view why) {
  Log(unusable_, "an answer of the metadata adapter cannot be used", method, why);
  return Undecided(FailureKind::kUnexpected, why);
}

Failure CallFailures::Refused(std::string_view method, Failure failure) {
  counters_.requests_failed.Add();
  if (failure.kind == FailureKind::kCredits && failure.client_code > 0) {
    Log(codes_, "the metadata adapter chose a positive code for a client: 0 is sent", method,
        std::to_string(failure.client_code));
  }
  // Told to nobody else: the client gets a code only.
  if (failure.kind == FailureKind::kUnexpected) {
    Log(failures_, "the metadata adapter failed", method, failure.message);
  }
  return failure;
}

void CallFailures::Log(LogPace& pace, std::string_view message, std::string_view method,
                       std::string_view why) {
  if (!pace.Due(proxy_.shard().now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, message, {"proxy", proxy_.name()}, {"method", method},
               {"error", why}, {"held_back", pace.held_back()});
}

}  // namespace penstock::adapters
