// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "metadata_session.h"
#include "over_grpc/ordered_calls.h"
#include "over_grpc/wire.h"
#include "penstock/adapter/metadata_provider.h"
#include "penstock/adapter/v1/metadata.pb.h"
#include "session_owners.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The metadata requests of one stream. One whose server waits no longer when its turn comes is not
// shown to the provider, unless it tells of an end.
// Owner, thread, life: as MetadataSession.
class GrpcMetadataSession final : public MetadataSession,
                                  public std::enable_shared_from_this<GrpcMetadataSession> {
 public:
  // `owners` may be null: then nobody asks.
  GrpcMetadataSession(SessionContext context, MetadataProvider* provider, WorkerPool* pool,
                      SessionOwners* owners);

  // False: it is nothing of a session's. On the reader.
  bool OnMessage(const pb::MetadataServerMessage& message);
  void EndInput() override;

  void ForceSessionTermination(std::string_view session, std::optional<int> code,
                               const NullableString& message, OnStatus on_status) override;
  void ForceUnsubscription(std::string_view session, int win_index, OnDone on_done) override;

 private:
  using Clock = std::chrono::steady_clock;

  void OnRequest(const pb::MetadataRequest& request);
  void OnControlResult(const pb::ControlResult& result);
  // These run on the pool.
  void Run(const pb::MetadataRequest& request, Clock::time_point deadline);
  // Whether the server still waits; from now on it cannot take the request back.
  bool Begin(uint64_t id, Clock::time_point deadline);
  Status Handle(const pb::MetadataRequest& request, pb::MetadataAnswer* answer);
  Status HandleNewSession(const pb::NotifyNewSession& request, pb::MetadataAnswer* answer);
  Status HandleItemData(const pb::GetItemData& request, pb::MetadataAnswer* answer);
  Status HandleUserItemData(const pb::GetUserItemData& request, pb::MetadataAnswer* answer);

  void Ask(pb::ControlRequest request, OnDone on_done);

  const SessionContext context_;
  MetadataProvider* const provider_;
  SessionOwners* const owners_;
  OrderedCalls ordered_;

  std::mutex mutex_;
  std::unordered_set<uint64_t> waiting_;  // requests whose turn has not come
  bool ended_ = false;
  uint64_t last_asked_ = 0;
  std::unordered_map<uint64_t, OnDone> asked_;  // requests of the adapter
};

}  // namespace penstock::adapter
