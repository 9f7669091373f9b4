// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/client_rows.h"
#include "delivery/ways.h"

namespace penstock::test {

// Of a COMMAND subscription: all rows first, then events; of a filtered one, of each row that was
// updated some states.
class RowWays final : public Ways {
 public:
  explicit RowWays(ClientView& view);

  void OnUpdate(TimePoint now) override;
  void OnEndOfSnapshot() override;
  void OnClear() override;
  void OnLoss(std::size_t count) override;
  void Settle() override;
  std::size_t least() const override { return ways_.begin()->at; }
  std::string Describe() const override;

 private:
  struct Way {
    std::size_t at = 0;       // events of the flow that have been dealt with
    bool eos = false;         // an EOS must come behind the rows
    bool cleared = false;     // a CS must come next
    std::size_t row = kNone;  // rows told so far, of those at `at`
    bool state = false;       // all rows are to come, as they are at some moment after `at`
    // On to the next events, which the rest does not hold up.
    bool is_free() const { return !cleared && !state && row == kNone; }
    auto operator<=>(const Way&) const = default;
  };

  const std::vector<ModelEvent>& flow() const { return view_.flow(); }
  // The ways go on as `next`; none of them: `what` is wrong.
  void Take(std::set<Way> next, std::string_view what);
  // Are all rows being told, maybe?
  bool TellsRows() const;
  // May the event at `at` have been passed over without a word?
  bool MayPass(std::size_t at) const;
  // How many events OV has to tell of.
  std::size_t CountBetween(std::size_t from, std::size_t to) const;

  // The ways on which the line is the ADD, the next event of `kind`, or an UPDATE. All append.
  void AddRows(const std::string& key, std::set<Way>* next);
  void AddEvents(ModelEvent::Kind kind, const std::string& key, std::set<Way>* next);
  // A state of the row that is younger than the one told last. False: there is none.
  bool AddUpdate(const std::string& key, std::set<Way>* next);
  // `row` rows of those at `at` have been told.
  void AddToldRows(std::size_t at, std::size_t row, bool eos, std::set<Way>* next) const;
  void Remember(const std::string& key, std::size_t at);

  ClientView& view_;
  ClientRows rows_;
  std::set<Way> ways_;
  std::map<std::string, std::size_t> last_;  // by key: the state told last
  std::size_t rows_at_ = 0;                  // where all rows were told last, or before
};

}  // namespace penstock::test
