// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include "ari/method.h"
#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/metadata_provider.h"
#include "penstock/adapter/result.h"
#include "session.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The user's provider and the threads that run its calls: what all nodes of a host share.
// Owner: the host's core. Thread: any.
// Invariant: Init() runs when no connection is open and no other call of the provider runs.
class Adapter {
 public:
  // One of the two providers is null.
  Adapter(std::shared_ptr<DataProvider> data, std::shared_ptr<MetadataProvider> metadata)
      : data_(std::move(data)), metadata_(std::move(metadata)) {}

  // Starts the threads; throws std::system_error.
  void Start(size_t threads) { pool_ = std::make_unique<WorkerPool>(threads); }

  bool has_provider() const { return data_ != nullptr || metadata_ != nullptr; }
  bool is_data() const { return data_ != nullptr; }
  ari::Method init_method() const { return is_data() ? ari::Method::kDpi : ari::Method::kMpi; }
  WorkerPool* pool() const { return pool_.get(); }

  // A server opens the adapter. The provider's Init() is called for the first connection only; as
  // long as one is open, others join it. Each success is paired with a Close().
  Status Open(const Params& params);
  void Close();

  // What serves the requests of one open connection.
  std::shared_ptr<Session> NewSession(SessionContext context);

 private:
  const std::shared_ptr<DataProvider> data_;
  const std::shared_ptr<MetadataProvider> metadata_;
  std::unique_ptr<WorkerPool> pool_;

  std::mutex mutex_;
  size_t open_ = 0;
};

}  // namespace penstock::adapter
