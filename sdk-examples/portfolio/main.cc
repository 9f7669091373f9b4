// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The example adapter of the portfolio: the Metadata Adapter and the Data Adapter PORTFOLIO of the
// Adapter Set PORTFOLIO. README.md beside this file says more.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/metadata_provider.h"
#include "portfolio/holdings.h"
#include "portfolio/order.h"
#include "program/serve_pair.h"
#include "program/user_name.h"

namespace penstock::portfolio {
namespace {

constexpr std::string_view kGroup = "portfolio";
constexpr std::string_view kItemPrefix = "portfolio.";  // and the user
constexpr std::string_view kStockPrefix = "stock.";     // items of the Data Adapter STOCKLIST
constexpr std::size_t kMaxUsers = 10'000;               // who have traded

std::string ItemOf(std::string_view user) { return std::string(kItemPrefix).append(user); }

// The Data Adapter: a table for each user, a row for each symbol.
// Shard: any; the mutex is held while events are sent, so that rows and events keep their order.
class Portfolios final : public adapter::DataProvider {
 public:
  // Nothing if there are users enough.
  std::optional<Holdings::Outcome> Execute(const std::string& user, const Order& order) {
    const std::lock_guard lock(mutex_);
    if (users_.size() >= kMaxUsers && !users_.contains(user)) {
      return std::nullopt;
    }
    Holdings& holdings = users_[user];
    const Holdings::Outcome outcome = holdings.Execute(order);
    const auto open = open_.find(ItemOf(user));
    if (open == open_.end()) {
      return outcome;
    }
    if (outcome == Holdings::Outcome::kRemoved) {
      open->second.Update({{"key", order.symbol}, {"command", "DELETE"}});
    } else if (outcome == Holdings::Outcome::kAdded || outcome == Holdings::Outcome::kChanged) {
      const bool added = outcome == Holdings::Outcome::kAdded;
      SendRow(open->second, added ? "ADD" : "UPDATE", order.symbol, holdings.Quantity(order.symbol),
              false);
    }
    return outcome;
  }

  adapter::Status Subscribe(adapter::Subscription subscription) override {
    const std::string item = subscription.item();
    if (!item.starts_with(kItemPrefix)) {
      return adapter::SubscriptionError{"there is no item " + item};
    }
    const std::lock_guard lock(mutex_);
    const auto user = users_.find(item.substr(kItemPrefix.size()));
    const Holdings beginner;
    const Holdings& holdings = user != users_.end() ? user->second : beginner;
    for (const auto& [symbol, quantity] : holdings.positions()) {
      SendRow(subscription, "ADD", symbol, quantity, true);
    }
    subscription.EndOfSnapshot();
    open_.insert_or_assign(item, std::move(subscription));
    return {};
  }
  adapter::Status Unsubscribe(std::string_view item) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = open_.find(item); found != open_.end()) {
      open_.erase(found);
    }
    return {};
  }
  bool IsSnapshotAvailable(std::string_view) override { return true; }
  adapter::StateRule RuleOf(std::string_view) override {
    return {.kind = adapter::StateRule::Kind::kCommand};
  }

 private:
  static void SendRow(adapter::Subscription& subscription, std::string_view command,
                      const std::string& symbol, std::int64_t quantity, bool snapshot) {
    const std::string text = std::to_string(quantity);
    subscription.Update({{"key", symbol}, {"command", command}, {"quantity", text}}, snapshot);
  }

  std::mutex mutex_;
  std::map<std::string, Holdings> users_;
  std::map<std::string, adapter::Subscription, std::less<>> open_;
};

// The Metadata Adapter: the group "portfolio" is the portfolio of the user who asks, and messages
// are orders.
// Shard: any; immutable.
class Broker final : public adapter::MetadataProvider {
 public:
  explicit Broker(std::shared_ptr<Portfolios> portfolios) : portfolios_(std::move(portfolios)) {}

  adapter::Result<adapter::UserProfile> NotifyUser(const adapter::UserRequest& request) override {
    if (!program::IsPlainName(NameOf(request.user))) {
      return adapter::CreditsError{"not a proper name", kRefused,
                                   "A name is 1 to 20 letters, digits, - and _"};
    }
    return adapter::UserProfile{};
  }

  adapter::Result<std::vector<std::string>> Items(const adapter::ItemsRequest& request) override {
    if (request.group == kGroup) {
      return std::vector<std::string>{ItemOf(NameOf(request.user))};
    }
    adapter::Result<std::vector<std::string>> items = MetadataProvider::Items(request);
    if (!items || !std::ranges::all_of(*items, IsStock)) {
      return adapter::ItemsError{"there is no group " + request.group};
    }
    return items;
  }

  adapter::Result<adapter::ItemLimits> ItemData(const adapter::ItemDataRequest& request) override {
    const bool table = request.item.starts_with(kItemPrefix);
    return adapter::ItemLimits{.modes = table ? adapter::Mode::kCommand : adapter::Mode::kMerge};
  }

  adapter::Result<adapter::MessageProfile> UserMessage(
      const adapter::UserMessageRequest& request) override {
    const std::optional<Order> order = Order::Parse(request.message);
    if (!order) {
      return Refusal("That is no order for something that is traded here");
    }
    const auto outcome = portfolios_->Execute(NameOf(request.user), *order);
    if (!outcome) {
      return Refusal("There is no room for another portfolio");
    }
    if (*outcome == Holdings::Outcome::kTooFew) {
      return Refusal("You do not have so many");
    }
    if (*outcome == Holdings::Outcome::kTooMany) {
      return Refusal("Nobody may have so many");
    }
    const bool buys = order->side == Order::Side::kBuy;
    return adapter::MessageProfile{.response = (buys ? "bought " : "sold ") +
                                               std::to_string(order->quantity) + ' ' +
                                               order->symbol};
  }

 private:
  static constexpr int kRefused = -1;  // what clients are told beside the text

  static bool IsStock(std::string_view item) { return item.starts_with(kStockPrefix); }
  static std::string NameOf(const adapter::NullableString& user) { return user.value_or("guest"); }
  static adapter::Error Refusal(const char* text) {
    return adapter::CreditsError{text, kRefused, text};
  }

  const std::shared_ptr<Portfolios> portfolios_;
};

}  // namespace
}  // namespace penstock::portfolio

int main(int argc, char** argv) {
  using namespace penstock::portfolio;
  const auto portfolios = std::make_shared<Portfolios>();
  return penstock::program::ServePair(argc, argv,
                                      {.name = "penstock-example-portfolio",
                                       .metadata_server = "tcp://127.0.0.1:6667",
                                       .data_server = "tcp://127.0.0.1:6668",
                                       .metadata = std::make_shared<Broker>(portfolios),
                                       .data = portfolios});
}
