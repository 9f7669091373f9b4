// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "adapters/remote/metadata_link.h"
#include "penstock/adapter/v1/metadata.pb.h"
#include "session/metadata_port.h"

// Between the terms of sessions and those of the gRPC contract. Pure.
namespace penstock::adapters {

namespace pb = penstock::adapter::v1;

// What clients say may be no UTF-8, which no message can hold: then it is read as ISO 8859-1.
std::string ToText(const std::string& bytes);

pb::NotifyUser UserToProto(const session::OpenQuery& query);
pb::NotifyNewSession SessionToProto(const session::OpenQuery& query);
pb::Table TableToProto(const session::Table& table);

pb::GetItems ItemsToProto(const UserName& user, const std::string& session_id,
                          const session::Table& table);
pb::GetSchema SchemaToProto(const UserName& user, const std::string& session_id,
                            const session::Table& table);
pb::GetSelector SelectorToProto(const UserName& user, const std::string& session_id,
                                const session::Table& table);

Failure ToFailure(const pb::Error& error);

// What answers say, in all of these: nothing where one is of another kind, or makes no sense.
std::optional<Void> ToVoid(const pb::MetadataAnswer& answer);
std::optional<UserProfile> ToUserProfile(const pb::MetadataAnswer& answer);
std::optional<SessionProfile> ToSessionProfile(const pb::MetadataAnswer& answer);
std::optional<TableProfile> ToTableProfile(const pb::MetadataAnswer& answer);
std::optional<session::MessageOutcome> ToMessageOutcome(const pb::MetadataAnswer& answer);
std::optional<std::vector<std::string>> ToNames(const pb::MetadataAnswer& answer);
// There has to be one entry for each of the `count` items that were asked for.
std::optional<std::vector<ItemData>> ToItemData(const pb::MetadataAnswer& answer,
                                                std::size_t count);
std::optional<std::vector<UserItemData>> ToUserItemData(const pb::MetadataAnswer& answer,
                                                        std::size_t count);

}  // namespace penstock::adapters
