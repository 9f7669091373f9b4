// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "adapters/remote/metadata_link.h"
#include "ari/exception.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"
#include "session/metadata_port.h"

// Between the terms of sessions and those of the ARI packets. Pure.
namespace penstock::adapters {

ari::NotifyUserRequest ToNotifyUser(const session::OpenQuery& query);
ari::NewSessionRequest ToNewSession(const session::OpenQuery& query);
ari::Table ToTable(const session::Table& table);

Failure ToFailure(const ari::Exception& exception);

// What answers say, in these and the next: nothing where the values make no sense.
std::optional<UserProfile> ToUserProfile(const ari::UserProfile& wire);
std::optional<SessionProfile> ToSessionProfile(const ari::NewSessionAnswer& wire);
std::optional<TableProfile> ToTableProfile(const ari::NewTablesAnswer& wire);
// Each has to be there, and in UTF-8.
std::optional<std::vector<std::string>> ToNames(std::vector<std::string>& wire);
// Nothing unless there is one entry for each of the `count` items that were asked for.
std::optional<std::vector<ItemData>> ToItemData(const std::vector<ari::ItemLimits>& wire,
                                                std::size_t count);
std::optional<std::vector<UserItemData>> ToUserItemData(
    const std::vector<ari::UserItemLimits>& wire, std::size_t count);

}  // namespace penstock::adapters
