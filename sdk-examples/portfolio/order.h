// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::portfolio {

// What a client's message asks for: "buy stock.IBM 10", "sell stock.IBM 10".
struct Order {
  enum class Side { kBuy, kSell };
  Side side;
  std::string symbol;     // one of those that are traded
  std::int64_t quantity;  // above 0

  // Nothing if the text is no order, of what is not traded, or of more than anybody may have.
  [[nodiscard]] static std::optional<Order> Parse(std::string_view text);
};

}  // namespace penstock::portfolio
