// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/adapter/metadata_provider.h"
#include "session.h"
#include "session_owners.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The metadata requests of one connection, each a call of the pool; and the requests of the adapter
// to the server, FST and FUS (ari.md 3).
// Owner: as Session, and shared by the calls of AdapterHost that use it. Thread: as Session; the
// Force functions: any.
class MetadataSession : public Session, public std::enable_shared_from_this<MetadataSession> {
 public:
  // What the server says to a request of the adapter, or that the connection is gone; once. Comes
  // on the node's thread, or within the call.
  using OnStatus = std::function<void(Status)>;
  using OnDone = std::function<void(Result<bool>)>;

  // `owners` may be null: then nobody asks.
  MetadataSession(SessionContext context, MetadataProvider* provider, WorkerPool* pool,
                  SessionOwners* owners);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;

  void ForceSessionTermination(std::string_view session, std::optional<int> code,
                               const NullableString& message, OnStatus on_status);
  void ForceUnsubscription(std::string_view session, int win_index, OnDone on_done);

 private:
  // Parses, calls, and appends the answer. Runs on the pool.
  void Run(ari::Method method, const std::string& id, const std::string& args);
  Status Handle(ari::Method method, const std::string& id, std::string_view args,
                std::string* answer);
  Status HandleUser(ari::Method method, const std::string& id, std::string_view args,
                    std::string* answer);
  Status HandleItemData(ari::Method method, const std::string& id, std::string_view args,
                        std::string* answer);
  Status HandleTables(ari::Method method, const std::string& id, std::string_view args,
                      std::string* answer);
  Status HandleSessionClose(std::string_view args);
  // What the adapter has asked, by the request's id.
  template <class F>
  using Asked = std::map<std::string, F, std::less<>>;

  void OnForceAnswer(const ari::PacketHead& head);
  // Whom the answer is for. Empty if it answers nothing, as one that comes twice.
  template <class F>
  F TakeAsked(Asked<F>* asked, const ari::PacketHead& head);
  // Why the server cannot be asked; under the lock.
  std::optional<Error> CannotAsk() const;
  std::string NextForceId();

  const SessionContext context_;
  MetadataProvider* const provider_;
  WorkerPool* const pool_;
  SessionOwners* const owners_;

  std::mutex mutex_;
  bool ended_ = false;
  uint64_t next_force_id_ = 100;
  Asked<OnStatus> terminations_;
  Asked<OnDone> unsubscriptions_;
};

}  // namespace penstock::adapter
