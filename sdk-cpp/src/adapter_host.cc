// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/adapter_host.h"

#include <utility>

#include "host_core.h"

namespace penstock::adapter {
AdapterHost::AdapterHost(std::shared_ptr<DataProvider> provider, HostOptions options)
    : core_(std::make_unique<Core>(std::move(provider), nullptr, std::move(options))) {}

AdapterHost::AdapterHost(std::shared_ptr<MetadataProvider> provider, HostOptions options)
    : core_(std::make_unique<Core>(nullptr, std::move(provider), std::move(options))) {}

AdapterHost::~AdapterHost() = default;

Status AdapterHost::Start() { return core_->Start(); }

void AdapterHost::Stop(std::chrono::milliseconds drain) { core_->Stop(drain); }

void AdapterHost::Wait() { core_->Wait(); }

HostState AdapterHost::state() const { return core_->state(); }

HostCounters AdapterHost::counters() const { return core_->counters(); }

Status AdapterHost::Fail(std::string_view message) { return core_->Fail(message); }

std::future<Status> AdapterHost::ForceSessionTermination(std::string_view session,
                                                         std::optional<int> code,
                                                         NullableString message) {
  return core_->Ask<Status>(session, [&](MetadataSession& target, auto on_answer) {
    target.ForceSessionTermination(session, code, message, std::move(on_answer));
  });
}

std::future<Result<bool>> AdapterHost::ForceUnsubscription(std::string_view session,
                                                           int win_index) {
  return core_->Ask<Result<bool>>(session, [&](MetadataSession& target, auto on_answer) {
    target.ForceUnsubscription(session, win_index, std::move(on_answer));
  });
}

}  // namespace penstock::adapter
