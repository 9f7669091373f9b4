// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/proxy_counters.h"
#include "adapters/rarely.h"
#include "adapters/remote/close_journal.h"
#include "adapters/remote/metadata_link.h"
#include "adapters/remote/subscription_gates.h"
#include "adapters/remote/table_order.h"
#include "adapters/request_gate.h"
#include "base/string_hash.h"
#include "config/settings.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// Tells a remote Metadata Adapter of the ends of tables and sessions (NTC, NSC): NSC goes only when
// every NNT and NTC of the session is over (ari.md §3.4). What could not be told for want of a
// remote adapter is told to the next one before all else, as far as the operator wants it: these go
// past the gate and the order of the others, which are held meanwhile, but are no more at a time.
// What ends while nobody can be told goes past that gate as well, so that it is noted in time.
//
// Owned by RemoteMetadata. Shard: the proxy's. The outcome matters to nobody but the log.
class CloseNotifier {
 public:
  // All must outlive this.
  struct Place {
    runtime::Shard& shard;
    ProxyCounters& counters;
    TableOrder& order;
    RequestGate& gate;  // of sessions
    SubscriptionGates& gates;
  };

  // `on_repeated`: the remote adapter has answered all that it was told again, or there was nothing
  // to tell. Run behind each OnReady(), or inside of it, unless the remote adapter is lost before.
  CloseNotifier(Place place, const config::MetadataAdapter& settings, runtime::Task on_repeated);

  void Connect(MetadataLink* link) { link_ = link; }

  // A table is asked for. If it is refused, OnTableRefused() follows, else CloseTable() at some
  // time.
  void BeforeTable(const std::string& session_id) { ++sessions_[session_id].tables; }
  void OnTableRefused(const std::string& session_id) { OnTableOver(session_id); }
  void CloseTable(CloseNotice notice) { CloseTable(std::move(notice), false); }
  // Of one whose NNS succeeded, or may have.
  void CloseSession(const std::string& session_id) { CloseSession(session_id, false); }
  // It is only waited for its tables.
  bool IsClosed(const std::string& session_id) const {
    const auto it = sessions_.find(session_id);
    return it != sessions_.end() && it->second.closed;
  }

  // The remote adapter is lost; nothing is told until OnReady(), even where one that stood by has
  // taken over already.
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
  // `again`: the last remote adapter may have been told.
  void CloseTable(CloseNotice notice, bool again);
  void CloseSession(const std::string& session_id, bool again);
  void SendTableClose(CloseNotice notice, bool again);
  void SendSessionClose(const std::string& session_id, bool again);
  // An end goes where its beginning went: so no more ends wait than have begun.
  RequestGate& GateOf(const CloseNotice& notice, bool again) {
    if (again || !ready_) return again_gate_;
    return notice.table ? place_.gates.Of(notice.table->data_adapter) : place_.gate;
  }
  TableOrder& OrderOf(bool again) { return again ? again_order_ : place_.order; }
  void OnTold(bool again);
  // True if that was all: false, if the next remote adapter is to be told.
  bool IsOver(CloseJournal::Serial serial, const std::string& session_id,
              const Outcome<Void>& outcome);
  void OnTableOver(const std::string& session_id, bool again = false);

  // Fixed after construction.
  const Place place_;
  const std::string proxy_name_;
  MetadataLink* link_ = nullptr;
  runtime::Task on_repeated_;

  // State.
  bool ready_ = false;
  RequestGate again_gate_;
  TableOrder again_order_;
  std::size_t again_ = 0;  // without an answer, of those that are told again
  CloseJournal journal_;
  absl::flat_hash_map<std::string, Session, StringHash, std::equal_to<>> sessions_;
  std::vector<CloseNotice> dropped_;
  bool in_drop_ = false;
  Rarely drop_warning_;
  Rarely failure_warning_;
};

}  // namespace penstock::adapters
