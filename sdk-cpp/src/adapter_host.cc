// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/adapter_host.h"

#include <utility>

#include "host_core.h"

namespace penstock::adapter {
namespace {

Error NotReady() { return Error("there is no connection to the server"); }

}  // namespace

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
  if (const auto target = core_->metadata_session()) {
    return target->ForceSessionTermination(session, code, std::move(message));
  }
  std::promise<Status> promise;
  promise.set_value(NotReady());
  return promise.get_future();
}

std::future<Result<bool>> AdapterHost::ForceUnsubscription(std::string_view session,
                                                           int win_index) {
  if (const auto target = core_->metadata_session()) {
    return target->ForceUnsubscription(session, win_index);
  }
  std::promise<Result<bool>> promise;
  promise.set_value(NotReady());
  return promise.get_future();
}

}  // namespace penstock::adapter
