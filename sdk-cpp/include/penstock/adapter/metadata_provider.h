// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "penstock/adapter/export.h"
#include "penstock/adapter/filter.h"
#include "penstock/adapter/metadata_types.h"
#include "penstock/adapter/result.h"

namespace penstock::adapter {

// Who may enter, what they may see and how fast: what a Metadata Adapter implements. As it stands
// it accepts everything: override what shall differ. LiteralBasedProvider is a ready one with
// parameters.
//
// Owner: shared by the user and an AdapterHost, which calls it. One instance serves one host.
// Thread: Init() runs alone, on a thread of the host; all others run on a pool, any number of them
// at once. They may block, which holds one thread of the pool (HostOptions::worker_threads); the
// server waits for each answer only as long as its own request timeout. Errors: returned, never
// thrown (an exception is caught and answered as a plain error). A plain Error shows the client an
// "unexpected error"; each call names the kinds that say more. Order: NotifyUser, NewSession; then
// Items, Schema, Selector, ItemData, UserItemData and NewTables for each subscription; TablesClosed
// for each, and SessionClosed last (ari.md 3.14).
class PENSTOCK_SDK_EXPORT MetadataProvider {
 public:
  virtual ~MetadataProvider();

  // A server opens the adapter (MPI). Called for the first connection, with that server's
  // parameters, before anything else, and again for the next one after all were lost; so it must
  // bear to be called again. An error refuses the server (EM), and the host tries again later.
  virtual Status Init(const Params& params);

  // May this user enter (NUS, NUA)? AccessError, ResourceUnavailableError, CreditsError.
  virtual Result<UserProfile> NotifyUser(const UserRequest& request);

  // May this session open (NNS)? CreditsError, ConflictingSessionError, NotificationError. After
  // the latter but one the call may come again with the same REQUEST_ID and another session.
  virtual Result<SessionProfile> NewSession(const SessionRequest& request);

  // A session of which NewSession() succeeded is over (NSC). Exactly once, as a rule; after a
  // reconnection the server may repeat it. An error is only logged.
  virtual Status SessionClosed(std::string_view session);

  // The items of a group (GIS). ItemsError. Default: the names that the group lists, apart by
  // spaces.
  virtual Result<std::vector<std::string>> Items(const ItemsRequest& request);

  // The fields of a schema (GSC). ItemsError, SchemaError. Default: the names that the schema
  // lists, apart by spaces.
  virtual Result<std::vector<std::string>> Schema(const SchemaRequest& request);

  // Which events of these items a subscription with this selector gets: those for which the filter
  // holds, of the snapshot too. Of COMMAND, which rows: one that begins to satisfy it is added, one
  // that ceases to is deleted. Asked once for each subscription that has a selector, and over gRPC
  // only: over the text protocol nobody is, and servers refuse such subscriptions. SelectorError,
  // ItemsError, SchemaError. Default: SelectorError.
  virtual Result<Filter> Selector(const SelectorRequest& request);

  // What an item allows at all (GIT). Called for each item of a request of the server in turn.
  virtual Result<ItemLimits> ItemData(const ItemDataRequest& request);

  // What an item allows to a user (GUI). Called for each item of a request of the server in turn.
  virtual Result<UserItemLimits> UserItemData(const UserItemDataRequest& request);

  // A client sent a message (NUM). CreditsError, NotificationError. The messages of one sequence
  // come one at a time, in order. Over gRPC the client gets the profile's response as well.
  virtual Result<MessageProfile> UserMessage(const UserMessageRequest& request);

  // A subscription is about to start (NNT); called only if the UserProfile asked for it.
  // CreditsError, NotificationError refuse it.
  virtual Result<TablesProfile> NewTables(const TablesRequest& request);

  // A subscription has ended (NTC); called only if the UserProfile asked for it. An error is only
  // logged.
  virtual Status TablesClosed(const TablesClosedRequest& request);
};

}  // namespace penstock::adapter
