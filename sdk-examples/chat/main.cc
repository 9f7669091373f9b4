// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The example adapter of the chat: the Metadata Adapter and the Data Adapter CHAT of the Adapter
// Set CHAT. README.md beside this file says more.

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/chat_text.h"
#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/metadata_provider.h"
#include "program/serve_pair.h"
#include "program/user_name.h"

namespace penstock::chat {
namespace {

constexpr std::string_view kItem = "chat";
constexpr std::size_t kHistory = 50;  // lines that a newcomer is shown

std::string MillisNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// The Data Adapter: what was said, and who says something now.
// Shard: any; the mutex is held while events are sent, so that a line is in the history of a new
// subscription or comes after it, and never both.
class Room final : public adapter::DataProvider {
 public:
  void Say(std::string_view user, std::string_view text) {
    const std::lock_guard lock(mutex_);
    lines_.push_back({std::string(user), std::string(text), MillisNow()});
    if (lines_.size() > kHistory) {
      lines_.pop_front();
    }
    Send(lines_.back(), false);
  }

  adapter::Status Subscribe(adapter::Subscription subscription) override {
    if (subscription.item() != kItem) {
      return adapter::SubscriptionError{"there is no item " + subscription.item()};
    }
    const std::lock_guard lock(mutex_);
    subscription_ = std::move(subscription);
    for (const Line& line : lines_) {
      Send(line, true);
    }
    subscription_.EndOfSnapshot();
    return {};
  }
  adapter::Status Unsubscribe(std::string_view) override { return {}; }
  bool IsSnapshotAvailable(std::string_view) override { return true; }
  adapter::StateRule RuleOf(std::string_view) override {
    return {adapter::StateRule::Kind::kDistinct, kHistory};
  }

 private:
  struct Line {
    std::string user;
    std::string text;
    std::string time;
  };

  // Without a subscription nobody is there to hear it: then this does nothing.
  void Send(const Line& line, bool snapshot) {
    subscription_.Update({{"user", line.user}, {"text", line.text}, {"time", line.time}}, snapshot);
  }

  std::mutex mutex_;
  std::deque<Line> lines_;
  adapter::Subscription subscription_;
};

// The Metadata Adapter: whoever has a proper name gets in, and what the users send goes to the
// room. Shard: any; immutable.
class Door final : public adapter::MetadataProvider {
 public:
  explicit Door(std::shared_ptr<Room> room) : room_(std::move(room)) {}

  adapter::Result<adapter::UserProfile> NotifyUser(const adapter::UserRequest& request) override {
    if (!request.user || !program::IsPlainName(*request.user)) {
      return adapter::CreditsError{"not a proper name", kBadName,
                                   "A name is 1 to 20 letters, digits, - and _"};
    }
    return adapter::UserProfile{};
  }

  adapter::Result<std::vector<std::string>> Items(const adapter::ItemsRequest& request) override {
    if (request.group != kItem) {
      return adapter::ItemsError{"there is no group " + request.group};
    }
    return std::vector<std::string>{request.group};
  }

  adapter::Result<adapter::ItemLimits> ItemData(const adapter::ItemDataRequest&) override {
    return adapter::ItemLimits{.modes = adapter::Mode::kDistinct,
                               .distinct_snapshot_length = kHistory};
  }

  adapter::Result<adapter::MessageProfile> UserMessage(
      const adapter::UserMessageRequest& request) override {
    const std::optional<std::string_view> text = CleanText(request.message);
    if (!text) {
      return adapter::CreditsError{"not a proper line", kBadText,
                                   "A line has 1 to " + std::to_string(kMaxTextCharacters) +
                                       " characters, and no control characters"};
    }
    room_->Say(request.user.value_or(""), *text);
    return adapter::MessageProfile{};
  }

 private:
  // What clients are told beside the text.
  static constexpr int kBadName = -1;
  static constexpr int kBadText = -2;

  const std::shared_ptr<Room> room_;
};

}  // namespace
}  // namespace penstock::chat

int main(int argc, char** argv) {
  const auto room = std::make_shared<penstock::chat::Room>();
  return penstock::program::ServePair(argc, argv,
                                      {.name = "penstock-example-chat",
                                       .metadata_server = "tcp://127.0.0.1:6665",
                                       .data_server = "tcp://127.0.0.1:6666",
                                       .metadata = std::make_shared<penstock::chat::Door>(room),
                                       .data = room});
}
