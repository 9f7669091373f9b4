// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "item_feed.h"
#include "item_table.h"
#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/metadata_provider.h"
#include "penstock/adapter/result.h"
#include "session_owners.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The user's provider and the threads that run its calls: what all nodes of a host share.
// Owner: the host's core. Thread: any.
// Invariant: Init() runs when no connection is open and no other call of the provider runs.
class Adapter {
 public:
  // One of the two providers is null. `options` and `log` outlive the adapter.
  Adapter(std::shared_ptr<DataProvider> data, std::shared_ptr<MetadataProvider> metadata,
          const HostOptions& options, const Log* log);

  // Starts the threads; throws std::system_error.
  void Start(size_t threads);

  bool has_provider() const { return data_ != nullptr || metadata_ != nullptr; }
  bool is_data() const { return data_ != nullptr; }
  WorkerPool* pool() const { return pool_.get(); }
  const FeedContext& feeds() const { return *feeds_; }
  std::optional<std::string> OwnerOf(std::string_view session) const {
    return owners_.Find(session);
  }

  // A server opens the adapter. The provider's Init() is called for the first connection only, once
  // the calls of earlier ones have ended; as long as one is open, others join it. Each success is
  // paired with a Close().
  Status Open(const Params& params);
  void Close();

  // For a session: held as long as a call of it may come or run.
  std::shared_ptr<void> NewLease();

  // What serves the requests of an open connection; one of the first two is null.
  ItemTable* items() const { return items_.get(); }
  FieldNumbers* fields() const { return &feeds_->fields; }
  MetadataProvider* metadata() const { return metadata_.get(); }
  // Which server has a client's session; null with one server only.
  SessionOwners* owners() { return several_servers_ ? &owners_ : nullptr; }

 private:
  const std::shared_ptr<DataProvider> data_;
  const std::shared_ptr<MetadataProvider> metadata_;
  const std::shared_ptr<FeedContext> feeds_;
  const bool several_servers_;
  SessionOwners owners_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<ItemTable> items_;

  std::mutex init_mutex_;  // one Init() at a time; before the next one
  std::mutex mutex_;
  std::condition_variable idle_;
  size_t open_ = 0;    // connections
  size_t leases_ = 0;  // sessions for which a call may still come or run
};

}  // namespace penstock::adapter
