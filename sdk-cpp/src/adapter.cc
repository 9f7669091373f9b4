// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "adapter.h"

#include <utility>

#include "data_session.h"
#include "guard.h"
#include "metadata_session.h"

namespace penstock::adapter {

Status Adapter::Open(const Params& params) {
  const std::lock_guard lock(mutex_);
  if (open_ == 0) {
    const Status status =
        Guard([&] { return is_data() ? data_->Init(params) : metadata_->Init(params); });
    if (!status.ok()) return status;
  }
  ++open_;
  return {};
}

void Adapter::Close() {
  const std::lock_guard lock(mutex_);
  --open_;
}

std::shared_ptr<Session> Adapter::NewSession(SessionContext context) {
  context.pool = pool_.get();
  if (is_data()) return std::make_shared<DataSession>(std::move(context), data_.get());
  return std::make_shared<MetadataSession>(std::move(context), metadata_.get());
}

}  // namespace penstock::adapter
