// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "portfolio/order.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "portfolio/holdings.h"

namespace penstock::portfolio {
namespace {

// As the items of the stock list are called.
constexpr std::array<std::string_view, 5> kTraded = {"stock.AAPL", "stock.AMZN", "stock.GOOG",
                                                     "stock.IBM", "stock.MSFT"};

// Takes the text up to the next blank off the front of `rest`.
std::string_view TakeWord(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

}  // namespace

std::optional<Order> Order::Parse(std::string_view text) {
  const std::string_view side = TakeWord(text);
  const std::string_view symbol = TakeWord(text);
  std::int64_t quantity = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity);
  if ((side != "buy" && side != "sell") || std::ranges::find(kTraded, symbol) == kTraded.end() ||
      error != std::errc() || end != text.data() + text.size() || quantity <= 0 ||
      quantity > Holdings::kMost) {
    return std::nullopt;
  }
  return Order{side == "buy" ? Side::kBuy : Side::kSell, std::string(symbol), quantity};
}

}  // namespace penstock::portfolio
