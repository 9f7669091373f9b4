// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The example adapter of the round trip: the Metadata Adapter and the Data Adapter ECHO of the
// Adapter Set ROUNDTRIP. README.md beside this file says more.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/metadata_provider.h"
#include "program/serve_pair.h"

namespace penstock::roundtrip {
namespace {

constexpr std::string_view kGroup = "echo";
constexpr std::string_view kItemPrefix = "echo.";  // and the session
constexpr std::size_t kMaxBytes = 64;

std::string ItemOf(std::string_view session) { return std::string(kItemPrefix).append(session); }

// The Data Adapter: says to each session what that session has said.
// Shard: any; the mutex guards the subscriptions.
class Echo final : public adapter::DataProvider {
 public:
  // False if the session does not listen.
  bool Say(const std::string& session, std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(ItemOf(session));
    return found != open_.end() &&
           found->second.Update({{"text", text}}) == adapter::PushResult::kOk;
  }

  adapter::Status Subscribe(adapter::Subscription subscription) override {
    const std::string item = subscription.item();
    if (!item.starts_with(kItemPrefix)) {
      return adapter::SubscriptionError{"there is no item " + item};
    }
    const std::lock_guard lock(mutex_);
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
  adapter::StateRule RuleOf(std::string_view) override {
    return {.kind = adapter::StateRule::Kind::kNone};  // what was said once is over
  }

 private:
  std::mutex mutex_;
  std::map<std::string, adapter::Subscription, std::less<>> open_;
};

// The Metadata Adapter: the group "echo" is another item for each session, so that nobody hears
// what others say.
// Shard: any; immutable.
class Caller final : public adapter::MetadataProvider {
 public:
  explicit Caller(std::shared_ptr<Echo> echo) : echo_(std::move(echo)) {}

  adapter::Result<std::vector<std::string>> Items(const adapter::ItemsRequest& request) override {
    if (request.group != kGroup) {
      return adapter::ItemsError{"there is no group " + request.group};
    }
    return std::vector<std::string>{ItemOf(request.session)};
  }

  adapter::Result<adapter::ItemLimits> ItemData(const adapter::ItemDataRequest&) override {
    return adapter::ItemLimits{.modes = adapter::Mode::kRaw};
  }

  adapter::Result<adapter::MessageProfile> UserMessage(
      const adapter::UserMessageRequest& request) override {
    if (request.message.size() > kMaxBytes) {
      return adapter::CreditsError{"too long", kTooLong, "At most 64 bytes, please"};
    }
    if (!echo_->Say(request.session, request.message)) {
      return adapter::NotificationError{"the session does not listen"};
    }
    return adapter::MessageProfile{};
  }

 private:
  static constexpr int kTooLong = -1;  // what clients are told beside the text

  const std::shared_ptr<Echo> echo_;
};

}  // namespace
}  // namespace penstock::roundtrip

int main(int argc, char** argv) {
  const auto echo = std::make_shared<penstock::roundtrip::Echo>();
  return penstock::program::ServePair(
      argc, argv,
      {.name = "penstock-example-roundtrip",
       .metadata_server = "tcp://127.0.0.1:6670",
       .data_server = "tcp://127.0.0.1:6671",
       .metadata = std::make_shared<penstock::roundtrip::Caller>(echo),
       .data = echo});
}
