// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "penstock/adapter/types.h"

namespace penstock::adapter {

// What the calls of MetadataProvider get and give. Zeros mean "no limit" throughout.

// A client wants to open a session (NUS, NUA).
struct UserRequest {
  NullableString user = {};
  NullableString password = {};
  // True when the client came by a port that asks for certificates; `principal` is then its
  // subject, if it sent one.
  bool client_auth = false;
  NullableString principal = {};
  // Lower-case names; a header that came several times is joined by commas. REQUEST_ID names the
  // request.
  std::vector<Pair> headers = {};
};
struct UserProfile {
  double max_bandwidth_kbps = 0;
  // Whether NewTables() and TablesClosed() shall be called for this user.
  bool wants_tables = false;
};

// A session is about to open (NNS). Context: REMOTE_IP, USER_AGENT, REQUEST_ID (that of the
// UserRequest) and more.
struct SessionRequest {
  NullableString user = {};
  std::string session = {};
  std::vector<Pair> context = {};
};
struct SessionProfile {
  // The server ends the session after this time. From 1.9.0.
  int32_t time_to_live_seconds = 0;
};

// What does this group stand for (GIS)?
struct ItemsRequest {
  NullableString user = {};
  std::string session = {};
  std::string group = {};
  NullableString data_adapter = {};  // over gRPC only
};

// What does this schema stand for, with that group (GSC)?
struct SchemaRequest {
  NullableString user = {};
  std::string session = {};
  std::string group = {};
  std::string schema = {};
  NullableString data_adapter = {};  // over gRPC only
};

// What does this selector stand for, with that group and schema? Over gRPC only.
struct SelectorRequest {
  NullableString user = {};
  std::string session = {};
  std::string group = {};
  std::string schema = {};
  std::string selector = {};
  NullableString data_adapter = {};
};

// What does this item allow, whoever asks (GIT)?
struct ItemDataRequest {
  std::string item = {};
  NullableString data_adapter = {};  // over gRPC only
};
// Constant: the server may ask once and remember.
struct ItemLimits {
  // MERGE, DISTINCT and COMMAND exclude each other in what an item can really be.
  ModeSet modes = ModeSet::All();
  int32_t distinct_snapshot_length = 0;  // longest history kept for DISTINCT; here 0 means none
  double min_source_frequency =
      0;  // events a second that must survive a prefilter; 0: no prefilter
};

// What does this item allow to this user (GUI)?
struct UserItemDataRequest {
  NullableString user = {};
  std::string item = {};
  NullableString data_adapter = {};  // over gRPC only
};
struct UserItemLimits {
  ModeSet modes = ModeSet::All();
  int32_t buffer_size = 0;   // events kept for a client that is slow
  double max_frequency = 0;  // updates a second; a limit forbids unfiltered subscriptions
};

// A client sent a message (NUM).
struct UserMessageRequest {
  NullableString user = {};
  std::string session = {};
  std::string message = {};
};
struct MessageProfile {
  // The client is told it with the outcome; empty: nothing. Over gRPC only: ARI has no place for
  // it, and the client is told the outcome alone.
  std::string response = {};
};

// What became of the events of one item of a subscription.
struct ItemStatistics {
  int64_t real_time = 0;
  int64_t lost = 0;
  int64_t filtered = 0;
  int64_t unselected = 0;  // kept back by the selector; over gRPC only
};

// One subscription of a client; the protocol calls it a table.
struct Table {
  int32_t win_index = 0;  // its number in the session; the same in NewTables() and TablesClosed()
  Mode mode = Mode::kMerge;
  std::string group = {};
  NullableString data_adapter = {};  // from 1.9.0
  std::string schema = {};
  int32_t first_item = 0;  // 1-based part of the group
  int32_t last_item = 0;
  NullableString selector = {};
  std::vector<std::string> items = {};          // from 1.9.0
  std::vector<ItemStatistics> statistics = {};  // TablesClosed() only, and only if asked for
};

// A subscription is about to start (NNT). Official servers send exactly one table.
struct TablesRequest {
  NullableString user = {};
  std::string session = {};
  std::vector<Table> tables = {};
};
struct TablesProfile {
  bool enable_unsubscription = false;  // allows AdapterHost::ForceUnsubscription(); from 1.9.0
  bool wants_statistics = false;       // fills Table::statistics in TablesClosed(); from 1.9.0
};

// A subscription has ended (NTC).
struct TablesClosedRequest {
  std::string session = {};
  std::vector<Table> tables = {};
};

}  // namespace penstock::adapter
