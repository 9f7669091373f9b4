// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/ari/channel.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/remote_metadata.h"
#include "ari/exception.h"
#include "ari/table_messages.h"
#include "base/log_pace.h"
#include "config/settings.h"

namespace penstock::adapters {

// The proxy of a Metadata Adapter that speaks ARI: writes the calls and reads their answers. What
// is asked and what is told to clients is RemoteMetadata's, the connection AriChannel's.
// Owned by the AdapterHub. Shard: the proxy's, after ClaimPorts() and Listen().
class AriMetadataProxy final : public Proxy, private MetadataLink, private AriChannelUser {
 public:
  // All must outlive the proxy.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    ProxyObserver& observer;
    ClientControl& control;
  };

  // `set` has a Metadata Adapter.
  AriMetadataProxy(Place place, const config::AdapterSet& set,
                   const std::string& server_instance_id, const config::Limits& limits);

  session::MetadataPort& port() { return metadata_; }

  // Proxy
  Status ClaimPorts() override;
  Status Listen() override { return channel_.Listen(); }
  void SetTls(std::shared_ptr<const tls::Context> context) override {
    channel_.SetTls(std::move(context));
  }
  void StopInput() override { channel_.StopInput(); }
  void Shutdown(const std::string& reason) override { channel_.Shutdown(reason); }
  bool IsBusy() const override { return channel_.IsBusy(); }

 private:
  // MetadataLink
  bool ready() const override { return channel_.ready(); }
  void NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) override;
  void NotifyNewSession(const session::OpenQuery& query, Done<SessionProfile> done) override;
  void NotifySessionClose(const std::string& session_id, Done<Void> done) override;
  void GetItems(const UserName& user, const std::string& session_id, const std::string& group,
                Done<std::vector<std::string>> done) override;
  void GetSchema(const UserName& user, const std::string& session_id, const std::string& group,
                 const std::string& schema, Done<std::vector<std::string>> done) override;
  void GetItemData(std::span<const std::string> items, Done<std::vector<ItemData>> done) override;
  void GetUserItemData(const UserName& user, std::span<const std::string> items,
                       Done<std::vector<UserItemData>> done) override;
  void NotifyUserMessage(const session::MessageQuery& query,
                         Done<session::MessageOutcome> done) override;
  void NotifyNewTable(const UserName& user, const std::string& session_id,
                      const session::Table& table, Done<TableProfile> done) override;
  void NotifyTableClose(const std::string& session_id, const session::Table& table,
                        Done<Void> done) override;

  // AriChannelUser
  void OnReady() override;
  void OnLost() override;
  void OnStandbysChanged() override { UpdateStatus(); }
  ari::Status OnPacket(const ari::PacketHead& packet) override;
  ari::Status OnReverseCall(const ari::PacketHead& packet);
  void OnGivenUp() override { observer_.OnProxyGivenUp(*this); }
  void OnFatal(const std::string& reason) override { observer_.OnProxyFatal(*this, reason); }

  void UpdateStatus() {
    SetStatus([this](ProxyStatus& status) { channel_.Describe(&status); });
  }

  // The frame of each call: `write(id)` appends the packet, `parse(args, &reply)` reads the
  // answer, `convert(value)` makes our terms of it.
  template <class Wire, class T, class Write, class Parse, class Convert>
  void Call(ari::Method method, Done<T> done, Write write, Parse parse, Convert convert);
  Failure Refused(ari::Method method, const ari::Exception& exception);
  // A call that has come to nothing, which clients may bring about as often as they like.
  void LogFailure(LogPace& pace, std::string_view message, ari::Method method,
                  std::string_view why);

  // A call that only asks: when its remote adapter is lost and another one has taken over, that
  // one is asked. Once only: a question that kills adapters shall not kill all of them.
  template <class T, class Ask>
  void AskTwice(Ask ask, Done<T> done);
  void AskItems(const UserName& user, const std::string& session_id, const std::string& group,
                Done<std::vector<std::string>> done);
  void AskSchema(const UserName& user, const std::string& session_id, const std::string& group,
                 const std::string& schema, Done<std::vector<std::string>> done);
  void AskItemData(std::span<const std::string> items, Done<std::vector<ItemData>> done);
  void AskUserItemData(const UserName& user, std::span<const std::string> items,
                       Done<std::vector<UserItemData>> done);
  // The calls of the remote adapter. Their answers are for the connection they came from.
  ari::Status OnForceSessionTermination(const ari::PacketHead& packet);
  ari::Status OnForceUnsubscription(const ari::PacketHead& packet);
  template <class T, class Write>
  Done<T> Answering(const ari::PacketHead& packet, Write write);

  // Fixed after construction.
  ProxyObserver& observer_;

  // State.
  RemoteMetadata metadata_;
  AriChannel channel_;
  std::uint64_t connection_ = 0;            // how many there were
  std::vector<runtime::Task> asked_again_;  // of the one that takes over, in the same turn
  LogPace timeouts_;
  LogPace unusable_;
  LogPace failures_;
  LogPace codes_;
};

}  // namespace penstock::adapters
