// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "portfolio/order.h"

namespace penstock::portfolio {

// What one user has of each symbol. A beginner has 100 IBM, so that there is something to sell.
// Shard: any; a plain value.
class Holdings {
 public:
  static constexpr std::int64_t kMost = 1'000'000;  // of one symbol

  enum class Outcome {
    kAdded,    // the first of its symbol
    kChanged,  // more or less of it
    kRemoved,  // the last of it
    kTooFew,   // not so many there to sell; nothing was done
    kTooMany,  // nobody may have so many; nothing was done
  };
  [[nodiscard]] Outcome Execute(const Order& order);

  // Symbol and quantity; what there is none of is not there.
  const std::map<std::string, std::int64_t>& positions() const { return positions_; }
  [[nodiscard]] std::int64_t Quantity(const std::string& symbol) const;

 private:
  std::map<std::string, std::int64_t> positions_ = {{"stock.IBM", 100}};
};

}  // namespace penstock::portfolio
