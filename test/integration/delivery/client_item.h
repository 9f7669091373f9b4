// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "delivery/item_model.h"
#include "support/tlcp_decoder.h"

namespace penstock::test {

// What a subscription asked for, as far as it decides what its items are told.
struct Wish {
  tlcp::Mode mode = tlcp::Mode::kMerge;
  bool wants_snapshot = false;
  std::size_t snapshot_length = 0;  // DISTINCT
  bool is_unfiltered = false;       // RAW too
  bool is_latest = false;           // MERGE without a buffer
  std::size_t buffer = 1;
  Duration interval{0};             // 0 = no frequency limit
  std::vector<std::size_t> fields;  // the schema, by number in kFieldNames
  // The flow up to now is known to have arrived when a line is written: one shard.
  bool is_exact = true;
};

// One item of one subscription as the client sees it: decodes its lines and follows every way in
// which they can have come from the flow of the item's model. No way left means that something was
// invented, lost without notice, repeated or put out of order. Shard: none.
class ClientItem {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;

  // The subscription began with the flow somewhere from `low` to `high`.
  ClientItem(Wish wish, std::shared_ptr<const ItemModel> item, std::size_t low, std::size_t high)
      : wish_(std::move(wish)),
        item_(std::move(item)),
        low_(low),
        high_(high),
        decoder_(wish_.fields.size()) {
    began_known_ = item_->is_known();
  }

  const std::string& error() const { return error_; }
  const ItemModel& item() const { return *item_; }
  const Wish& wish() const { return wish_; }
  std::uint64_t updates() const { return updates_; }

  void SetInterval(Duration interval) {
    wish_.interval = interval;
    due_.clear();
  }

  // The flow has grown: may the buffer have been too small?
  void OnFlow() {
    if (is_lossy_ || wish_.is_latest || !Begin()) return;
    std::size_t least = kNone;
    for (const Way& way : ways_) least = std::min(least, way.at);
    if (least != kNone && flow().size() > least + wish_.buffer) is_lossy_ = true;
  }

  void OnUpdate(std::string_view tail, TimePoint now) {
    ++updates_;
    if (!decoder_.Apply(tail)) return Fail("a client cannot decode it");
    if (!Begin()) return Fail("an update before the snapshot is over");
    if (wish_.mode == tlcp::Mode::kCommand) {
      OnRow(now);
    } else if (wish_.is_latest) {
      OnLatest(now);
    } else {
      OnEvent(now);
    }
    sent_any_ = true;
  }

  void OnEndOfSnapshot() {
    if (!HasEndOfSnapshot()) return Fail("EOS of something that has none");
    if (std::exchange(has_eos_, true)) return Fail("a second EOS");
    if (!Begin()) return Fail("EOS before the snapshot is over");
    std::set<Way> next;
    for (Way way : ways_) {
      if (way.cleared) continue;
      if (wish_.mode == tlcp::Mode::kCommand) {
        if (way.state) {
          for (const std::size_t at : Moments(way.at)) {
            if (item_->RowsAt(at).empty()) next.insert({at});
          }
        } else if (way.eos != kNone && way.row == item_->RowsAt(way.at).size()) {
          next.insert({way.at});
        }
      } else if (way.eos != kNone &&
                 (way.at >= way.eos || MayJump(way.at, way.eos) || IsClearedAfter(way.eos))) {
        next.insert({std::max(way.at, way.eos)});
      }
    }
    Take(std::move(next), "EOS at a place where the snapshot is not over");
  }

  void OnClear() {
    if (wish_.mode != tlcp::Mode::kDistinct && wish_.mode != tlcp::Mode::kCommand) {
      return Fail("CS in this mode");
    }
    view_.clear();
    last_.clear();
    if (wish_.mode == tlcp::Mode::kCommand) due_.clear();
    is_whole_ = true;
    if (!Begin()) return Fail("CS before the snapshot is over");
    std::set<Way> next;
    for (const Way& way : ways_) {
      if (way.state || (way.row != kNone)) continue;
      if (way.cleared && wish_.mode == tlcp::Mode::kCommand) {
        AddRows(way.at, 0, kNone, &next);
      } else if (way.cleared) {
        next.insert({way.at, way.eos});
      }
      // Clears with nothing between them that the client would have to be told are one.
      for (std::size_t at = way.at; at < flow().size(); ++at) {
        if (flow()[at].kind == ModelEvent::Kind::kClear) {
          next.insert({at + 1, way.eos});
        } else if (!MayPass(at)) {
          break;
        }
      }
    }
    Take(std::move(next), "CS where nothing was cleared");
  }

  void OnLoss(std::size_t count) {
    if (!wish_.is_unfiltered && wish_.mode != tlcp::Mode::kCommand) return Fail("OV: filtered");
    if (!Begin() || count == 0) return Fail("OV too early, or of nothing");
    if (wish_.is_unfiltered && !is_lossy_) return Fail("OV although the buffer was large enough");
    std::set<Way> next;
    for (const Way& way : Passed()) {
      if (way.cleared || way.row != kNone) continue;
      if (wish_.mode == tlcp::Mode::kCommand) {
        for (const std::size_t at : Moments(way.at)) {
          if (CountBetween(way.at, at) == count) next.insert({at, kNone, true});
        }
        continue;
      }
      std::size_t lost = 0;
      bool cleared = false;
      for (std::size_t at = way.at; at <= flow().size() && lost <= count; ++at) {
        if (lost == count) next.insert({at, way.eos, cleared});
        if (at == flow().size()) break;
        const bool clear = flow()[at].kind == ModelEvent::Kind::kClear;
        cleared = cleared || clear;
        // What is lost of a snapshot is not told.
        if (!clear && (way.eos == kNone || at >= way.eos)) ++lost;
      }
    }
    Take(std::move(next), "OV does not tell how many were lost");
  }

  // Nothing more comes: has the client all that it must have?
  void Settle() {
    if (!error_.empty()) return;
    if (!Begin()) {
      if (sent_any_) Fail("lines before the snapshot is over");
      return;
    }
    if (HasEndOfSnapshot() && !has_eos_) return Fail("no EOS");
    if (wish_.mode == tlcp::Mode::kCommand) {
      SettleRows();
    } else if (wish_.is_latest) {
      if (MustHaveSent() && (!sent_any_ || !Shows(flow().back().values))) {
        Fail("not the last state");
      }
    } else {
      SettleEvents();
    }
  }

  // How many events of the flow this subscriber has been offered; exact only when settled.
  std::uint64_t Offered() {
    if (!Begin()) return 0;
    if (wish_.is_latest && !MustHaveSent()) return 0;
    std::uint64_t count = 0;
    for (std::size_t at = start_; at < flow().size(); ++at) {
      if (flow()[at].kind != ModelEvent::Kind::kClear) ++count;
    }
    return count;
  }

  std::string Describe() const {
    std::string out = "ways:";
    for (const Way& way : ways_) {
      out += " at=" + std::to_string(way.at);
      if (way.eos != kNone) out += ",eos=" + std::to_string(way.eos);
      if (way.row != kNone) out += ",row=" + std::to_string(way.row);
      if (way.cleared) out += ",cleared";
      if (way.state) out += ",state";
    }
    out += "\nflow (" + std::to_string(flow().size()) + "):\n";
    for (std::size_t i = flow().size() > 40 ? flow().size() - 40 : 0; i < flow().size(); ++i) {
      out += std::to_string(i) + ": " + std::to_string(static_cast<int>(flow()[i].kind)) +
             (flow()[i].is_snapshot ? "s " : " ");
      for (const std::size_t field : wish_.fields) {
        out += flow()[i].values[field].value_or("(null)").substr(0, 60) + " | ";
      }
      out += "\n";
    }
    out += "client: ";
    for (const Value& value : decoder_.fields()) {
      out += value.value_or("(null)").substr(0, 60) + " | ";
    }
    return out + "\n";
  }

 private:
  // One way in which all lines so far can have come about.
  struct Way {
    std::size_t at = 0;       // events of the flow that have been dealt with
    std::size_t eos = kNone;  // where the snapshot ends, before its EOS
    bool cleared = false;     // a CS must come next
    std::size_t row = kNone;  // COMMAND: rows told so far, of those at `at`
    bool state = false;       // the state is to come first, as it is at some moment after `at`
    auto operator<=>(const Way&) const = default;
  };

  const std::vector<ModelEvent>& flow() const {
    return item_->flow(wish_.mode == tlcp::Mode::kRaw);
  }
  bool HasEndOfSnapshot() const {
    return wish_.wants_snapshot &&
           (wish_.mode == tlcp::Mode::kDistinct || wish_.mode == tlcp::Mode::kCommand);
  }
  bool MustHaveSent() const {
    if (!item_->is_known()) return false;
    return sent_any_ || (wish_.wants_snapshot ? !flow().empty() : item_->realtime_end() > high_);
  }
  void Fail(std::string_view what) {
    if (error_.empty()) error_ = what;
  }
  void Take(std::set<Way> next, std::string_view what) {
    if (next.empty()) return Fail(what);
    const bool had_rows = TellsRows();
    ways_ = std::move(next);
    if (had_rows || !TellsRows()) return;
    // They may be none at all, and what follows are events already: their end is seen too late.
    rows_at_ = kNone;
    for (const Way& way : ways_) rows_at_ = std::min(rows_at_, way.at);
  }
  // COMMAND: are all rows being told, maybe?
  bool TellsRows() const {
    return std::any_of(ways_.begin(), ways_.end(),
                       [](const Way& way) { return way.state || way.row != kNone; });
  }

  // False while the subscriber waits for the adapter's snapshot.
  bool Begin() {
    if (has_begun_) return true;
    const bool waits = wish_.mode == tlcp::Mode::kDistinct || wish_.mode == tlcp::Mode::kCommand;
    if (waits && !item_->snapshot_over()) return false;
    has_begun_ = true;
    if (waits && item_->snapshot_end() > low_) low_ = item_->snapshot_end();
    high_ = std::max(high_, low_);
    start_ = low_;
    first_end_ = high_;
    for (std::size_t at = low_; at <= high_; ++at) {
      Way way{at};
      if (HasEndOfSnapshot()) {
        way.eos = at;
        way.state = wish_.mode == tlcp::Mode::kCommand;
        if (!way.state) way.at = item_->HistoryStart(at, wish_.snapshot_length);
      }
      if (wish_.mode == tlcp::Mode::kMerge && wish_.wants_snapshot) {
        way.state = began_known_ || at > 0;
        if (!wish_.is_exact) ways_.insert({at});
      }
      ways_.insert(way);
    }
    is_whole_ = wish_.wants_snapshot;
    return true;
  }

  // The moments from `from` on at which a state can have been looked at.
  std::vector<std::size_t> Moments(std::size_t from) const {
    if (wish_.is_exact) return {flow().size()};
    std::vector<std::size_t> all;
    for (std::size_t at = from; at <= flow().size(); ++at) all.push_back(at);
    return all;
  }

  bool Matches(const Value& expected, std::size_t position) const {
    const Value& shown = decoder_.fields()[position];
    if (shown == expected) return true;
    if (!shown || !expected || !decoder_.IsDocument(position)) return false;
    // A client writes a document as it likes.
    const auto document = nlohmann::json::parse(*expected, nullptr, false);
    return !document.is_discarded() && document == nlohmann::json::parse(*shown, nullptr, false);
  }
  bool Shows(const Vector& values) const {
    for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
      if (!Matches(values[wish_.fields[i]], i)) return false;
    }
    return true;
  }
  bool ShowsRow(const Vector& values) const {
    for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
      if (wish_.fields[i] != 1 && !Matches(values[wish_.fields[i]], i)) return false;
    }
    return true;
  }
  const Value& Shown(std::size_t field) const {
    const auto at = std::find(wish_.fields.begin(), wish_.fields.end(), field);
    return decoder_.fields()[static_cast<std::size_t>(at - wish_.fields.begin())];
  }

  // --- Frequency: never earlier than an average of one an interval allows.
  void CheckPace(const std::string& key, TimePoint now) {
    if (wish_.interval == Duration::zero()) return;
    const auto [it, is_new] = due_.try_emplace(key, now + wish_.interval / 2);
    if (is_new) return;
    if (now < it->second) {
      return Fail("too frequent, by " + std::to_string((it->second - now) / Millis(1)) + " ms of " +
                  std::to_string(wish_.interval / Millis(1)));
    }
    it->second = std::max(it->second + wish_.interval, now + wish_.interval / 2);
  }

  // --- Each event

  // The buffer was too small, and it need not be told: filtered, or the event is of the snapshot.
  bool MayLose(std::size_t at) const {
    return is_lossy_ && (!wish_.is_unfiltered || (HasEndOfSnapshot() && at < first_end_));
  }
  // May the event at `at` have been passed over without a word?
  bool MayPass(std::size_t at) const {
    const ModelEvent& event = flow()[at];
    if (event.kind == ModelEvent::Kind::kClear) return false;
    if (wish_.mode == tlcp::Mode::kCommand) return !wish_.is_unfiltered && !event.is_structural();
    if (MayLose(at)) return true;
    if (wish_.mode != tlcp::Mode::kMerge) return false;
    return sent_any_ ? Unchanged(event.values) : !wish_.wants_snapshot && event.is_snapshot;
  }
  bool Unchanged(const Vector& values) const {
    for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
      if (values[wish_.fields[i]] != known_[i]) return false;
    }
    return true;
  }
  bool MayJump(std::size_t from, std::size_t to) const {
    for (std::size_t at = from; at < to; ++at) {
      if (!MayLose(at) || flow()[at].kind == ModelEvent::Kind::kClear) return false;
    }
    return true;
  }
  // What was cleared before it could be told is not told.
  bool IsClearedAfter(std::size_t position) const {
    return std::any_of(
        flow().begin() + static_cast<std::ptrdiff_t>(position), flow().end(),
        [](const ModelEvent& event) { return event.kind == ModelEvent::Kind::kClear; });
  }
  // The ways, and those that went on over what need not be told.
  std::set<Way> Passed() const {
    std::set<Way> all = ways_;
    if (wish_.mode != tlcp::Mode::kMerge) return all;
    for (const Way& way : ways_) {
      if (way.state) continue;
      Way on = way;
      while (on.at < flow().size() && MayPass(on.at)) {
        ++on.at;
        all.insert(on);
      }
    }
    return all;
  }

  void OnEvent(TimePoint now) {
    std::set<Way> next;
    bool is_snapshot = false;
    for (const Way& way : ways_) {
      if (way.cleared) continue;
      if (way.state) {
        is_snapshot = true;
        for (const std::size_t at : Moments(way.at)) {
          if (at > 0 && Shows(flow()[at - 1].values)) next.insert({at});
        }
        continue;
      }
      if (way.eos != kNone) is_snapshot = true;
      for (std::size_t at = way.at; at < std::min(flow().size(), way.eos); ++at) {
        const ModelEvent& event = flow()[at];
        if (event.kind == ModelEvent::Kind::kClear) break;
        const bool matches = Shows(event.values);
        if (matches) next.insert({at + 1, way.eos});
        if ((matches && MayLose(at)) || !MayPass(at)) break;
      }
    }
    Take(std::move(next), "no event of the item, or out of its place");
    known_.clear();
    for (const std::size_t field : wish_.fields) {
      known_.push_back(ways_.empty() || ways_.begin()->at == 0
                           ? Value()
                           : flow()[ways_.begin()->at - 1].values[field]);
    }
    if (!is_snapshot) CheckPace("", now);
  }

  void SettleEvents() {
    for (const Way& way : Passed()) {
      if (way.cleared) continue;
      if (way.at == flow().size() && way.eos == kNone && (!way.state || flow().empty())) return;
      if (way.at >= flow().size() || way.state) continue;
      // What came last is shown, whatever was lost before.
      if (MayJump(way.at, flow().size()) && sent_any_ && Shows(flow().back().values)) return;
    }
    if (wish_.mode == tlcp::Mode::kMerge && !MustHaveSent()) return;
    Fail("not all events, or not the last one");
  }

  // --- The latest state

  void OnLatest(TimePoint now) {
    if (!wish_.wants_snapshot && !sent_any_ && item_->realtime_end() <= start_) {
      return Fail("a snapshot that was not asked for");
    }
    bool found = false;
    const std::size_t from = sent_any_ ? ways_.begin()->at + 1 : std::max<std::size_t>(start_, 1);
    for (std::size_t at = from; at <= flow().size() && !found; ++at) {
      if (wish_.is_exact) at = flow().size();
      if (!Shows(flow()[at - 1].values)) continue;
      found = true;
      ways_ = {Way{at}};
    }
    if (!found) return Fail("not the state of the item, or an old one");
    CheckPace("", now);
  }

  // --- Rows

  std::size_t CountBetween(std::size_t from, std::size_t to) const {
    if (!wish_.is_unfiltered) return item_->StructuralAt(to) - item_->StructuralAt(from);
    return static_cast<std::size_t>(std::count_if(
        flow().begin() + static_cast<std::ptrdiff_t>(from),
        flow().begin() + static_cast<std::ptrdiff_t>(to),
        [](const ModelEvent& event) { return event.kind != ModelEvent::Kind::kClear; }));
  }
  // `row` rows of those at `at` have been told.
  void AddRows(std::size_t at, std::size_t row, std::size_t eos, std::set<Way>* next) const {
    if (eos == kNone && row == item_->RowsAt(at).size()) {
      next->insert({at});
    } else {
      next->insert({at, eos, false, row});
    }
  }

  void OnRow(TimePoint now) {
    const Value& key = Shown(0);
    const Value& command = Shown(1);
    if (!key || !command) return Fail("a row without key or command");
    std::set<Way> next;
    bool is_paced = false;
    if (command == "ADD") {
      AddOf(&next);
    } else if (command == "DELETE" || wish_.is_unfiltered) {
      EventOf(command == "DELETE" ? ModelEvent::Kind::kDelete : ModelEvent::Kind::kRowUpdate,
              &next);
    } else if (command == "UPDATE") {
      is_paced = UpdateOf(*key, &next);
    }
    Take(std::move(next), "no row event of the item, or out of its place");
    if (is_paced) CheckPace(*key, now);
    if (command == "DELETE") {
      view_.erase(*key);
      last_.erase(*key);
      due_.erase(*key);
    } else {
      std::vector<Value> shown = decoder_.fields();
      view_[*key] = std::move(shown);
    }
  }
  void AddOf(std::set<Way>* next) {
    const std::string key = *Shown(0);
    if (is_whole_ && view_.contains(key)) return Fail("an ADD of a row that is there");
    last_.erase(key);
    for (const Way& way : ways_) {
      if (way.state || way.row != kNone) {
        const std::size_t row = way.state ? 0 : way.row;
        for (const std::size_t at : way.state ? Moments(way.at) : std::vector{way.at}) {
          const ModelRows& rows = item_->RowsAt(at);
          if (row < rows.size() && ShowsRow(rows[row].values)) {
            AddRows(at, row + 1, way.eos, next);
            Remember(key, at);
          }
        }
      }
    }
    EventOf(ModelEvent::Kind::kAdd, next);
  }
  // The next event, or of a filtered flow the next one that is no UPDATE.
  void EventOf(ModelEvent::Kind kind, std::set<Way>* next) {
    const std::string key = *Shown(0);
    for (const Way& way : ways_) {
      if (way.cleared || way.state || way.row != kNone) continue;
      std::size_t at = way.at;
      while (at < flow().size() && flow()[at].kind != kind && MayPass(at)) ++at;
      if (at == flow().size() || flow()[at].kind != kind || !Shows(flow()[at].values)) continue;
      next->insert({at + 1});
      if (kind == ModelEvent::Kind::kAdd) Remember(key, at + 1);
    }
  }
  void Remember(const std::string& key, std::size_t at) {
    const auto [it, is_new] = last_.try_emplace(key, at);
    if (!is_new) it->second = std::min(it->second, at);
  }
  // A state of the row that is younger than the one told last.
  bool UpdateOf(const std::string& key, std::set<Way>* next) {
    const auto known = last_.find(key);
    if (is_whole_ && known == last_.end()) Fail("an UPDATE of a row that is not there");
    const std::size_t from = known == last_.end() ? start_ : known->second;
    for (std::size_t at = std::max(from, rows_at_); at < flow().size(); ++at) {
      const ModelEvent& event = flow()[at];
      if (event.values[0] != key) continue;
      if (event.kind != ModelEvent::Kind::kRowUpdate && known != last_.end() && wish_.is_exact) {
        break;
      }
      if (!ShowsRow(event.values)) continue;
      last_[key] = at + 1;
      for (const Way& way : ways_) {
        if (!way.cleared && !way.state && way.row == kNone) next->insert(way);
      }
      return true;
    }
    return false;
  }

  void SettleRows() {
    const bool done = std::any_of(ways_.begin(), ways_.end(), [&](const Way& way) {
      if (way.cleared || way.state || way.row != kNone) return false;
      std::size_t at = way.at;
      while (at < flow().size() && MayPass(at)) ++at;
      return at == flow().size();
    });
    if (!done) return Fail("events are missing");
    const ModelRows& rows = item_->RowsAt(flow().size());
    std::size_t shown = 0;
    for (const ModelRow& row : rows) {
      const auto it = view_.find(row.key);
      if (it == view_.end()) {
        if (is_whole_ || WasTouched(row.key)) return Fail("a row is missing");
        continue;
      }
      ++shown;
      for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
        const std::size_t field = wish_.fields[i];
        if (field != 1 && !Same(row.values[field], it->second[i])) return Fail("an old row");
      }
    }
    if (shown != view_.size()) Fail("a row that is gone");
  }
  static bool Same(const Value& expected, const Value& shown) {
    if (expected == shown) return true;
    if (!expected || !shown) return false;
    const auto document = nlohmann::json::parse(*expected, nullptr, false);
    return !document.is_discarded() && document == nlohmann::json::parse(*shown, nullptr, false);
  }
  bool WasTouched(const std::string& key) const {
    return std::any_of(flow().begin() + static_cast<std::ptrdiff_t>(high_), flow().end(),
                       [&](const ModelEvent& event) { return event.values[0] == key; });
  }

  Wish wish_;
  std::shared_ptr<const ItemModel> item_;
  std::size_t low_;
  std::size_t high_;
  std::size_t start_ = 0;
  std::size_t first_end_ = 0;  // where the snapshot ends at the latest
  TlcpItemDecoder decoder_;
  std::set<Way> ways_;
  std::vector<Value> known_;  // what the client has, exactly as the item said it
  std::map<std::string, std::vector<Value>> view_;  // COMMAND: the client's rows
  std::map<std::string, std::size_t> last_;         // by key: the state told last
  std::size_t rows_at_ = 0;                         // where all rows were told last, or before
  std::map<std::string, TimePoint> due_;            // by key
  std::string error_;
  std::uint64_t updates_ = 0;
  bool began_known_ = false;
  bool has_begun_ = false;
  bool has_eos_ = false;
  bool sent_any_ = false;
  bool is_lossy_ = false;
  bool is_whole_ = false;  // COMMAND: the client has all rows
};

}  // namespace penstock::test
