// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/close_notifier.h"

#include <utility>

#include "base/log.h"

namespace penstock::adapters {

namespace {

// The loss of the remote adapter of a plain proxy ends the server, unless another one stands by.
config::CloseNotificationsRecovery PolicyOf(const config::MetadataAdapter& settings) {
  const bool has_successor = settings.proxy.robust || settings.proxy.max_standbys > 0;
  return has_successor ? settings.close_notifications_recovery
                       : config::CloseNotificationsRecovery::kUnneeded;
}

}  // namespace

CloseNotifier::CloseNotifier(Place place, const config::MetadataAdapter& settings,
                             runtime::Task on_repeated)
    : place_(place),
      proxy_name_(settings.proxy.name),
      on_repeated_(std::move(on_repeated)),
      again_gate_(settings.requests_max_pending, 0),
      again_order_(settings.sequentialize_table_notifications),
      journal_(PolicyOf(settings), settings.close_notifications_max) {}

void CloseNotifier::CloseTable(CloseNotice notice, bool again) {
  if (again) ++again_;
  const std::string session_id = notice.session_id;
  OrderOf(again).Enter(session_id, [this, again, notice = std::move(notice)]() mutable {
    SendTableClose(std::move(notice), again);
  });
}

// Noted when its turn has come: what waits for a place is told by nobody else.
void CloseNotifier::SendTableClose(CloseNotice notice, bool again) {
  RequestGate& gate = GateOf(notice, again);
  gate.EnterAnyway([this, again, &gate, notice = std::move(notice)] {
    const CloseJournal::Serial serial = Note(notice);
    Tell(notice, [this, serial, again, &gate,
                  session_id = notice.session_id](const Outcome<Void>& outcome) {
      const bool over = IsOver(serial, session_id, outcome);
      gate.Leave();
      OrderOf(again).Leave(session_id);
      if (over) OnTableOver(session_id, again);
      OnTold(again);
    });
  });
}

void CloseNotifier::CloseSession(const std::string& session_id, bool again) {
  const auto it = sessions_.find(session_id);
  if (it != sessions_.end()) {
    it->second.closed = true;
  } else {
    SendSessionClose(session_id, again);
  }
}

void CloseNotifier::SendSessionClose(const std::string& session_id, bool again) {
  if (again) ++again_;
  RequestGate& gate = GateOf({session_id}, again);
  gate.EnterAnyway([this, again, &gate, session_id] {
    const CloseJournal::Serial serial = Note({session_id});
    Tell({session_id}, [this, serial, again, &gate, session_id](const Outcome<Void>& outcome) {
      IsOver(serial, session_id, outcome);
      gate.Leave();
      OnTold(again);
    });
  });
}

void CloseNotifier::OnTold(bool again) {
  if (again && --again_ == 0 && ready_) on_repeated_();
}

void CloseNotifier::Tell(const CloseNotice& notice, Done<Void> done) {
  if (!ready_) {
    done(Failure{FailureKind::kDisconnected, "no remote adapter is connected"});
  } else if (notice.table) {
    link_->NotifyTableClose(notice.session_id, *notice.table, std::move(done));
  } else {
    link_->NotifySessionClose(notice.session_id, std::move(done));
  }
}

// The end of a table that is dropped may be what the end of its session waits for, which then is
// noted too, and so on: none of them nests.
CloseJournal::Serial CloseNotifier::Note(const CloseNotice& notice) {
  const CloseJournal::Serial serial = journal_.Add(notice, &dropped_);
  if (dropped_.empty() || std::exchange(in_drop_, true)) return serial;
  if (drop_warning_.Due(place_.shard.now())) {
    PENSTOCK_LOG(kAdapter, kWarn,
                 "too many ends of sessions and subscriptions wait for the metadata adapter: the "
                 "oldest are dropped (once a minute)",
                 {"proxy", proxy_name_}, {"waiting", journal_.size()});
  }
  while (!dropped_.empty()) {
    const CloseNotice gone = std::move(dropped_.back());
    dropped_.pop_back();
    place_.counters.close_notices_dropped.Add();
    if (gone.table) OnTableOver(gone.session_id);
  }
  in_drop_ = false;
  return serial;
}

bool CloseNotifier::IsOver(CloseJournal::Serial serial, const std::string& session_id,
                           const Outcome<Void>& outcome) {
  const auto* const failure = std::get_if<Failure>(&outcome);
  // While no remote adapter is there, thousands of sessions may end: that is no news.
  if (failure != nullptr && failure->kind == FailureKind::kDisconnected) {
    return !journal_.OnLost(serial);
  }
  if (failure != nullptr && failure_warning_.Due(place_.shard.now())) {
    PENSTOCK_LOG(kAdapter, kWarn,
                 "the end of a session or subscription was not noted by the metadata adapter "
                 "(once a minute)",
                 {"proxy", proxy_name_}, {"session", session_id}, {"error", failure->message});
  }
  journal_.OnAnswered(serial);
  return true;
}

void CloseNotifier::OnTableOver(const std::string& session_id, bool again) {
  const auto it = sessions_.find(session_id);
  if (it == sessions_.end()) return;
  if (--it->second.tables > 0) return;
  const bool close = it->second.closed;
  sessions_.erase(it);
  if (close) SendSessionClose(session_id, again);
}

// Told as if it happened now, so that the same rules hold. One with an answer is told again for the
// sake of the order, one under way at a remote adapter that is leaving because it may get none: it
// counts again until it has the next. The end of a session that waits for its tables comes behind
// the last of these.
void CloseNotifier::OnReady() {
  ready_ = true;
  ++again_;
  for (CloseJournal::Entry& entry : journal_.TakeAll()) {
    place_.counters.close_notices_repeated.Add();
    if (!entry.notice.table) {
      CloseSession(entry.notice.session_id, true);
      continue;
    }
    if (entry.state != CloseJournal::Entry::State::kWaiting) BeforeTable(entry.notice.session_id);
    CloseTable(std::move(entry.notice), true);
  }
  OnTold(true);
}

}  // namespace penstock::adapters
