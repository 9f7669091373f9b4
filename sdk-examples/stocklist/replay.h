// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stocklist/recording.h"

namespace penstock::stocklist {

// Goes through a recording, one trading day a step, and keeps the present values of each item for
// those who come later. After the last day the next step begins another pass: every item gets an
// update that carries the number of the pass in `replay` and null in each recorded field, so that
// no value of the end is taken for one of the beginning.
// Owned by the data adapter. Shard: whoever holds the adapter's lock; no clock, no thread.
class Replay {
 public:
  using Updates = std::vector<std::pair<std::string, Fields>>;

  // `recording` must outlive the replay. The days from `from` to `to`, both included, are shown;
  // nothing when the index has no day between them.
  [[nodiscard]] static std::optional<Replay> Create(const Recording& recording, CalendarDay from,
                                                    CalendarDay to);

  // Goes on by one trading day and returns what changed, in order.
  [[nodiscard]] Updates Step();

  // The present values of an item; null if there is no such item.
  [[nodiscard]] const Fields* Find(std::string_view item) const;

  [[nodiscard]] std::uint64_t pass() const { return pass_; }

 private:
  Replay(const Recording& recording, std::size_t first_day, std::size_t end_day);

  void BeginPass(Updates* updates);

  const Recording* recording_;
  std::size_t first_day_;  // into trading_days
  std::size_t end_day_;
  std::size_t first_update_ = 0;

  std::size_t next_day_ = 0;
  std::size_t next_update_ = 0;
  std::uint64_t pass_ = 0;
  std::map<std::string, Fields, std::less<>> present_;
};

}  // namespace penstock::stocklist
