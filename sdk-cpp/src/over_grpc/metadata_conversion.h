// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "penstock/adapter/filter.h"
#include "penstock/adapter/metadata_types.h"
#include "penstock/adapter/v1/metadata.pb.h"

namespace penstock::adapter {

// Between the public types and those of the contract.

UserRequest FromProto(const v1::NotifyUser& request);
SessionRequest FromProto(const v1::NotifyNewSession& request);
ItemsRequest FromProto(const v1::GetItems& request);
SchemaRequest FromProto(const v1::GetSchema& request);
SelectorRequest FromProto(const v1::GetSelector& request);
UserMessageRequest FromProto(const v1::NotifyUserMessage& request);
TablesRequest FromProto(const v1::NotifyNewTable& request);
TablesClosedRequest FromProto(const v1::NotifyTableClose& request);

v1::UserProfile ToProto(const UserProfile& profile);
v1::Filter ToProto(const Filter& filter);
v1::ItemData ToProto(const ItemLimits& limits);
v1::UserItemData ToProto(const UserItemLimits& limits);

}  // namespace penstock::adapter
