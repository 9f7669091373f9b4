// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "penstock/adapter/metadata_provider.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {

// Notes what it is asked; refuses by the user's name.
class FakeMetadata : public MetadataProvider {
 public:
  Result<UserProfile> NotifyUser(const UserRequest& r) override {
    const std::string user = r.user.value_or("(null)");
    journal.Add("user " + user + " " + r.password.value_or("(null)") + " " +
                (r.client_auth ? r.principal.value_or("(null)") : "-") + " " +
                std::to_string(r.headers.size()));
    if (user == "nobody") return AccessError{"no such user"};
    if (user == "later") return ResourceUnavailableError{"db down"};
    if (user == "poor") return CreditsError{"quota", -5, "Too many | seats"};
    if (user == "odd") return CreditsError{"quota", 5, std::nullopt};
    if (user == "throws") throw std::runtime_error("oops");
    return UserProfile{40, true};
  }
  Result<SessionProfile> NewSession(const SessionRequest& r) override {
    if (r.session == "S2") return ConflictingSessionError{"dup", -7, "other session open", "S1"};
    if (r.session == "S3") return SessionProfile{};
    return SessionProfile{3600};
  }
  Status SessionClosed(std::string_view session) override {
    journal.Add("closed " + std::string(session));
    return {};
  }
  Result<std::vector<std::string>> Schema(const SchemaRequest& r) override {
    if (r.schema == "bad") return SchemaError{"unknown schema"};
    return MetadataProvider::Schema(r);
  }
  Result<Filter> Selector(const SelectorRequest& r) override {
    journal.Add("selector " + r.user.value_or("(null)") + " " + r.group + " " + r.schema + " " +
                r.data_adapter.value_or("(null)"));
    if (r.selector != "big") return MetadataProvider::Selector(r);
    return Filter::Any({Filter::All({Filter::Compare("size", Relation::kGreater, 9),
                                     Filter::Not(Filter::IsNull("name"))}),
                        Filter::Compare("name", Relation::kEqual, "giant")});
  }
  Result<ItemLimits> ItemData(const ItemDataRequest& r) override {
    journal.Add("item " + r.item + " " + r.data_adapter.value_or("(null)"));
    return ItemLimits{r.item == "a" ? Mode::kRaw | Mode::kMerge : ModeSet(), 10, 0.5};
  }
  Result<UserItemLimits> UserItemData(const UserItemDataRequest& r) override {
    journal.Add("user item " + r.user.value_or("(null)") + " " + r.item + " " +
                r.data_adapter.value_or("(null)"));
    return UserItemLimits{ModeSet::All(), 30, 2.5};
  }
  Result<MessageProfile> UserMessage(const UserMessageRequest& r) override {
    if (r.message == "bad") return NotificationError{"inconsistent"};
    journal.Add("message " + r.message);
    return MessageProfile{"got " + r.message};
  }
  Result<TablesProfile> NewTables(const TablesRequest& r) override {
    journal.Add("tables " + std::to_string(r.tables.size()) + " " + r.tables.at(0).items.at(1) +
                " " + r.tables.at(0).data_adapter.value_or(""));
    return TablesProfile{true, true};
  }
  Status TablesClosed(const TablesClosedRequest& r) override {
    journal.Add("tables closed " + std::to_string(r.tables.at(0).statistics.at(1).filtered));
    return {};
  }

  Journal journal;
};

}  // namespace penstock::adapter
