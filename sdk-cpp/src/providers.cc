// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include <string>
#include <string_view>
#include <vector>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/metadata_provider.h"

namespace penstock::adapter {
namespace {

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    if (space != 0) names.emplace_back(text.substr(0, space));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return names;
}

}  // namespace

HostListener::~HostListener() = default;
void HostListener::OnLog(LogLevel /*level*/, std::string_view /*text*/) {}
void HostListener::OnState(std::string_view /*server*/, HostState /*state*/,
                           std::string_view /*reason*/) {}

DataProvider::~DataProvider() = default;
Status DataProvider::Init(const Params& /*params*/) { return {}; }
bool DataProvider::IsSnapshotAvailable(std::string_view /*item*/) { return false; }
StateRule DataProvider::RuleOf(std::string_view /*item*/) { return {}; }

MetadataProvider::~MetadataProvider() = default;

Status MetadataProvider::Init(const Params& /*params*/) { return {}; }

Result<UserProfile> MetadataProvider::NotifyUser(const UserRequest& /*request*/) {
  return UserProfile{};
}

Result<SessionProfile> MetadataProvider::NewSession(const SessionRequest& /*request*/) {
  return SessionProfile{};
}

Status MetadataProvider::SessionClosed(std::string_view /*session*/) { return {}; }

Result<std::vector<std::string>> MetadataProvider::Items(const ItemsRequest& request) {
  return SplitAtSpaces(request.group);
}

Result<std::vector<std::string>> MetadataProvider::Schema(const SchemaRequest& request) {
  return SplitAtSpaces(request.schema);
}

Result<Filter> MetadataProvider::Selector(const SelectorRequest& /*request*/) {
  return SelectorError{"this adapter has no selectors"};
}

Result<ItemLimits> MetadataProvider::ItemData(const ItemDataRequest& /*request*/) {
  return ItemLimits{};
}

Result<UserItemLimits> MetadataProvider::UserItemData(const UserItemDataRequest& /*request*/) {
  return UserItemLimits{};
}

Result<MessageProfile> MetadataProvider::UserMessage(const UserMessageRequest& /*request*/) {
  return MessageProfile{};
}

Result<TablesProfile> MetadataProvider::NewTables(const TablesRequest& /*request*/) {
  return TablesProfile{};
}

Status MetadataProvider::TablesClosed(const TablesClosedRequest& /*request*/) { return {}; }

}  // namespace penstock::adapter
