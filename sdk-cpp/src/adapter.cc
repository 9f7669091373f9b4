// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "adapter.h"

#include <utility>

#include "guard.h"

namespace penstock::adapter {

Adapter::Adapter(std::shared_ptr<DataProvider> data, std::shared_ptr<MetadataProvider> metadata,
                 const HostOptions& options, const Log* log)
    : data_(std::move(data)),
      metadata_(std::move(metadata)),
      feeds_(std::make_shared<FeedContext>()),
      several_servers_(options.servers.size() > 1) {
  feeds_->policy = options.queue_policy;
  feeds_->keeps_state = several_servers_ || options.queue_policy == QueuePolicy::kConflate;
  feeds_->may_resume = !several_servers_;
  feeds_->log = log;
  feeds_->budget.max_bytes = options.max_kept_bytes;
}

void Adapter::Start(size_t threads) {
  pool_ = std::make_unique<WorkerPool>(threads);
  if (is_data()) items_ = std::make_unique<ItemTable>(data_.get(), pool_.get(), feeds_);
}

Status Adapter::Open(const Params& params) {
  const std::lock_guard init_lock(init_mutex_);
  {
    std::unique_lock lock(mutex_);
    if (open_ > 0) {
      ++open_;
      return {};
    }
    idle_.wait(lock, [this] { return leases_ == 0; });
  }
  const Status status =
      Guard([&] { return is_data() ? data_->Init(params) : metadata_->Init(params); });
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  ++open_;
  return {};
}

void Adapter::Close() {
  const std::lock_guard lock(mutex_);
  --open_;
}

std::shared_ptr<void> Adapter::NewLease() {
  {
    const std::lock_guard lock(mutex_);
    ++leases_;
  }
  return std::shared_ptr<void>(nullptr, [this](void*) {
    const std::lock_guard lock(mutex_);
    if (--leases_ == 0) idle_.notify_all();
  });
}

}  // namespace penstock::adapter
