// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// GIS, GSC: what a group and a schema stand for (ari.md 3.5). GIT, GUI: what an item allows (3.6).

struct ItemsRequest {
  NullableString user;
  std::string group;
  std::string session;
  bool operator==(const ItemsRequest&) const = default;
};
Status ParseItems(std::string_view args, const Dialect& dialect, ItemsRequest* out);
void WriteItems(std::string_view id, const ItemsRequest& request, const Dialect& dialect,
                std::string* out);

struct SchemaRequest {
  NullableString user;
  std::string group;
  std::string schema;
  std::string session;
  bool operator==(const SchemaRequest&) const = default;
};
Status ParseSchema(std::string_view args, const Dialect& dialect, SchemaRequest* out);
void WriteSchema(std::string_view id, const SchemaRequest& request, const Dialect& dialect,
                 std::string* out);

// The reply of GIS and GSC; `id|GIS|` with nothing behind is the empty list.
Status ParseNamesReply(Method method, std::string_view args, const Dialect& dialect,
                       Reply<std::vector<std::string>>* out);
void WriteNamesReply(std::string_view id, Method method, const std::vector<std::string>& names,
                     const Dialect& dialect, std::string* out);

// GIT. `items` must not be empty: peers drop a request without arguments.
Status ParseItemData(std::string_view args, const Dialect& dialect,
                     std::vector<std::string>* items);
void WriteItemData(std::string_view id, const std::vector<std::string>& items,
                   const Dialect& dialect, std::string* out);

struct ItemLimits {
  int32_t distinct_snapshot_length = 0;
  double min_source_frequency = 0;  // 0: no prefiltering wanted
  ModeSet modes;
  bool operator==(const ItemLimits&) const = default;
};
// The caller compares the count with that of its request.
Status ParseItemDataReply(std::string_view args, const Dialect& dialect,
                          Reply<std::vector<ItemLimits>>* out);
void WriteItemDataReply(std::string_view id, const std::vector<ItemLimits>& limits,
                        const Dialect& dialect, std::string* out);

// GUI.
struct UserItemDataRequest {
  NullableString user;
  std::vector<std::string> items;
  bool operator==(const UserItemDataRequest&) const = default;
};
Status ParseUserItemData(std::string_view args, const Dialect& dialect, UserItemDataRequest* out);
void WriteUserItemData(std::string_view id, const UserItemDataRequest& request,
                       const Dialect& dialect, std::string* out);

struct UserItemLimits {
  int32_t buffer_size = 0;   // 0: unlimited
  double max_frequency = 0;  // 0: unlimited
  ModeSet modes;
  bool operator==(const UserItemLimits&) const = default;
};
Status ParseUserItemDataReply(std::string_view args, const Dialect& dialect,
                              Reply<std::vector<UserItemLimits>>* out);
void WriteUserItemDataReply(std::string_view id, const std::vector<UserItemLimits>& limits,
                            const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
