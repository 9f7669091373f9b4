// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "penstock/adapter/metadata_provider.h"
#include "session.h"

namespace penstock::adapter {

// The metadata requests of one connection, each a call of the pool; and the requests of the adapter
// to the server, FST and FUS (ari.md 3). Owner: shared by the core and by the calls of AdapterHost
// that use it. Thread: as Session; the Force functions: any.
class MetadataSession : public Session {
 public:
  MetadataSession(SessionContext context, MetadataProvider* provider);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;

  std::future<Status> ForceSessionTermination(std::string_view session, std::optional<int> code,
                                              NullableString message);
  std::future<Result<bool>> ForceUnsubscription(std::string_view session, int win_index);

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
  void OnForceAnswer(const ari::PacketHead& head);
  std::string NextForceId();

  const SessionContext context_;
  MetadataProvider* const provider_;

  std::mutex mutex_;
  bool ended_ = false;
  uint64_t next_force_id_ = 100;
  std::map<std::string, std::promise<Status>, std::less<>> terminations_;
  std::map<std::string, std::promise<Result<bool>>, std::less<>> unsubscriptions_;
};

}  // namespace penstock::adapter
