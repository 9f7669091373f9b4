// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/proxy_counters.h"
#include "adapters/rarely.h"
#include "adapters/remote/close_journal.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/table_order.h"
#include "adapters/request_gate.h"
#include "base/string_hash.h"
#include "config/settings.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// Tells a remote Metadata Adapter of the ends of tables and sessions (NTC, NSC): NSC goes only when
// every NNT and NTC of the session is over (ari.md §3.4). What could not be told for want of a
// remote adapter is told to the next one before all else, as far as the operator wants it.
//
// Owned by RemoteMetadata. Shard: the proxy's. The outcome matters to nobody but the log.
class CloseNotifier {
 public:
  // All must outlive this.
  struct Place {
    runtime::Shard& shard;
    ProxyCounters& counters;
    TableOrder& order;
    RequestGate& gate;
  };

  CloseNotifier(Place place, const config::MetadataAdapter& settings);

  void Connect(MetadataLink* link) { link_ = link; }

  // A table is asked for. If it is refused, OnTableRefused() follows, else CloseTable() at some
  // time.
  void BeforeTable(const std::string& session_id) { ++sessions_[session_id].tables; }
  void OnTableRefused(const std::string& session_id) { OnTableOver(session_id); }
  void CloseTable(CloseNotice notice);
  // Of one whose NNS succeeded, or may have.
  void CloseSession(const std::string& session_id);
  // It is only waited for its tables.
  bool IsClosed(const std::string& session_id) const {
    const auto it = sessions_.find(session_id);
    return it != sessions_.end() && it->second.closed;
  }

  // A call has failed because the remote adapter is lost; nothing is told until OnReady(), even
  // where one that stood by has taken over already.
  void OnLost() { ready_ = false; }
  // Another remote adapter is there.
  void OnReady();

 private:
  // Sessions with tables that are asked for, open or closing.
  struct Session {
    int tables = 0;
    bool closed = false;
  };

  CloseJournal::Serial Note(const CloseNotice& notice);
  void Tell(const CloseNotice& notice, Done<Void> done);
  void SendTableClose(CloseNotice notice);
  void SendSessionClose(const std::string& session_id);
  // True if that was all: false, if the next remote adapter is to be told.
  bool IsOver(CloseJournal::Serial serial, const std::string& session_id,
              const Outcome<Void>& outcome);
  void OnTableOver(const std::string& session_id);

  // Fixed after construction.
  const Place place_;
  const std::string proxy_name_;
  MetadataLink* link_ = nullptr;

  // State.
  bool ready_ = false;
  CloseJournal journal_;
  absl::flat_hash_map<std::string, Session, StringHash, std::equal_to<>> sessions_;
  std::vector<CloseNotice> dropped_;
  bool in_drop_ = false;
  Rarely drop_warning_;
  Rarely failure_warning_;
};

}  // namespace penstock::adapters
