// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/remote/call_failures.h"
#include "adapters/remote/grpc/channel.h"
#include "adapters/remote/grpc/wire.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/second_chance.h"
#include "config/settings.h"

namespace penstock::adapters {

// The calls of a Metadata Adapter over gRPC: makes the requests and reads their answers. What is
// asked, and what is told to clients, is RemoteMetadata's.
// Owned by its proxy. Shard: the proxy's.
class GrpcMetadataCalls final : public MetadataLink {
 public:
  using Channel = GrpcChannel<MetadataWire>;

  // All must outlive this.
  GrpcMetadataCalls(const Proxy& proxy, ProxyCounters& counters, Channel& channel,
                    const config::MetadataAdapter& settings);

  // Another remote adapter may be asked.
  void OnReady() { second_chance_.OnReady(); }

  // MetadataLink
  bool ready() const override { return channel_.ready(); }
  bool names_data_adapters() const override { return true; }
  // While there is no remote adapter, the question waits for the next one, which says what it
  // knows.
  bool knows_selectors() const override { return !ready() || channel_.active().knows_selectors(); }
  void NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) override;
  void NotifyNewSession(const session::OpenQuery& query, Done<SessionProfile> done) override;
  void NotifySessionClose(const std::string& session_id, Done<Void> done) override;
  void GetItems(const UserName& user, const std::string& session_id, const session::Table& table,
                Done<std::vector<std::string>> done) override;
  void GetSchema(const UserName& user, const std::string& session_id, const session::Table& table,
                 Done<std::vector<std::string>> done) override;
  void GetSelector(const UserName& user, const std::string& session_id, const session::Table& table,
                   Done<std::shared_ptr<const session::Selection>> done) override;
  void GetItemData(const std::string& data_adapter, std::span<const std::string> items,
                   Done<std::vector<ItemData>> done) override;
  void GetUserItemData(const UserName& user, const std::string& data_adapter,
                       std::span<const std::string> items,
                       Done<std::vector<UserItemData>> done) override;
  void NotifyUserMessage(const session::MessageQuery& query,
                         Done<session::MessageOutcome> done) override;
  void NotifyNewTable(const UserName& user, const std::string& session_id,
                      const session::Table& table, Done<TableProfile> done) override;
  void NotifyTableClose(const std::string& session_id, const session::Table& table,
                        Done<Void> done) override;
  void DropQuestions(const std::string& session_id) override;

 private:
  using Remote = GrpcRemote<MetadataWire>;
  struct Asked {
    Remote* remote;
    std::uint64_t id;
  };

  // The frame of each call; `convert(answer)` gives nothing where the answer makes no sense.
  template <class T, class Convert>
  void Call(pb::MetadataRequest request, Done<T> done, Convert convert);
  // The same for a call that only asks.
  template <class T, class Convert>
  void Ask(pb::MetadataRequest request, Done<T> done, Convert convert);
  // Tells the remote adapter that nobody waits for the answer any more.
  void Cancel(Remote& remote, std::uint64_t id);
  std::string TableKey(const std::string& session_id, const session::Table& table) const;

  ProxyCounters& counters_;
  Channel& channel_;
  const std::uint32_t timeout_millis_;
  const bool tables_one_by_one_;
  CallFailures failures_;
  SecondChance second_chance_;
  std::multimap<std::string, Asked> questions_;  // by session: those without an answer so far
};

}  // namespace penstock::adapters
