// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "adapters/remote/ari/channel.h"
#include "adapters/remote/call_failures.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/second_chance.h"
#include "ari/method.h"

namespace penstock::adapters {

// The calls of a Metadata Adapter in ARI: writes the requests and reads their answers. What is
// asked, and what is told to clients, is RemoteMetadata's.
// Owned by its proxy. Shard: the proxy's.
class AriMetadataCalls final : public MetadataLink {
 public:
  // All must outlive this.
  AriMetadataCalls(const Proxy& proxy, ProxyCounters& counters, AriChannel& channel)
      : counters_(counters), channel_(channel), failures_(proxy, counters) {}

  // Another remote adapter may be asked.
  void OnReady() { second_chance_.OnReady(); }

  // MetadataLink
  bool ready() const override { return channel_.ready(); }
  bool names_data_adapters() const override { return false; }  // ari.md §3.15
  void NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) override;
  void NotifyNewSession(const session::OpenQuery& query, Done<SessionProfile> done) override;
  void NotifySessionClose(const std::string& session_id, Done<Void> done) override;
  void GetItems(const UserName& user, const std::string& session_id, const session::Table& table,
                Done<std::vector<std::string>> done) override;
  void GetSchema(const UserName& user, const std::string& session_id, const session::Table& table,
                 Done<std::vector<std::string>> done) override;
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
  void DropQuestions(const std::string&) override {}  // ARI cannot say so

 private:
  // The frame of each call: `write(id, dialect, out)` appends the packet, `parse(args, dialect,
  // &reply)` reads the answer, `convert(value)` makes our terms of it.
  template <class Wire, class T, class Write, class Parse, class Convert>
  void Call(ari::Method method, Done<T> done, Write write, Parse parse, Convert convert);
  // The same for a call that only asks.
  template <class Wire, class T, class Write, class Parse, class Convert>
  void Ask(ari::Method method, Done<T> done, Write write, Parse parse, Convert convert);

  ProxyCounters& counters_;
  AriChannel& channel_;
  CallFailures failures_;
  SecondChance second_chance_;
};

}  // namespace penstock::adapters
