// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "portfolio/holdings.h"

namespace penstock::portfolio {

Holdings::Outcome Holdings::Execute(const Order& order) {
  const std::int64_t before = Quantity(order.symbol);
  const std::int64_t after =
      order.side == Order::Side::kBuy ? before + order.quantity : before - order.quantity;
  if (after < 0) {
    return Outcome::kTooFew;
  }
  if (after > kMost) {
    return Outcome::kTooMany;
  }
  if (after == 0) {
    positions_.erase(order.symbol);
    return Outcome::kRemoved;
  }
  positions_[order.symbol] = after;
  return before == 0 ? Outcome::kAdded : Outcome::kChanged;
}

std::int64_t Holdings::Quantity(const std::string& symbol) const {
  const auto found = positions_.find(symbol);
  return found != positions_.end() ? found->second : 0;
}

}  // namespace penstock::portfolio
