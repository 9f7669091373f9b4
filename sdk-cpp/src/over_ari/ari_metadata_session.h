// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ari/version.h"
#include "metadata_session.h"
#include "over_ari/packet_sink.h"
#include "penstock/adapter/metadata_provider.h"
#include "session_owners.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The metadata requests of one connection, and FST and FUS (ari.md 3).
// Owner, thread, life: as MetadataSession.
class AriMetadataSession final : public MetadataSession,
                                 public PacketSink,
                                 public std::enable_shared_from_this<AriMetadataSession> {
 public:
  // `owners` may be null: then nobody asks.
  AriMetadataSession(SessionContext context, const ari::Dialect& dialect,
                     MetadataProvider* provider, WorkerPool* pool, SessionOwners* owners);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;

  void ForceSessionTermination(std::string_view session, std::optional<int> code,
                               const NullableString& message, OnStatus on_status) override;
  void ForceUnsubscription(std::string_view session, int win_index, OnDone on_done) override;

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
  const ari::Dialect dialect_;
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
