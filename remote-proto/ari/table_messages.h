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

// NNT, NTC: a client's subscription opens and closes (ari.md 3.8, 3.9).

struct ItemStatistics {
  int64_t real_time = 0;
  int64_t lost = 0;
  int64_t filtered = 0;
  bool operator==(const ItemStatistics&) const = default;
};

// What the protocol calls a table is one subscription of a client.
struct Table {
  int32_t win_index = 0;
  Mode mode = Mode::kMerge;
  std::string group;
  NullableString data_adapter;  // from 1.9.0
  std::string schema;
  int32_t first_item = 0;
  int32_t last_item = 0;
  NullableString selector;                 // not in MSA
  std::vector<std::string> items;          // from 1.9.0
  std::vector<ItemStatistics> statistics;  // from 1.9.0, NTC only: none, or one an item
  bool operator==(const Table&) const = default;
};

// `method` (NNT, NTC or MSA) rules the layout. A 1.9 descriptor that ends before its item list is
// accepted.
bool ReadTable(Method method, const Dialect& dialect, TokenReader* reader, Table* out);
void WriteTable(Method method, const Dialect& dialect, const Table& table, PacketWriter* writer);

struct NewTablesRequest {
  NullableString user;
  std::string session;
  std::vector<Table> tables;
  bool operator==(const NewTablesRequest&) const = default;
};
Status ParseNewTables(std::string_view args, const Dialect& dialect, NewTablesRequest* out);
void WriteNewTables(std::string_view id, const NewTablesRequest& request, const Dialect& dialect,
                    std::string* out);

struct NewTablesAnswer {
  bool enable_unsubscription = false;
  bool wants_statistics = false;
  bool operator==(const NewTablesAnswer&) const = default;
};
// `V` (both false) and `B B` are accepted in each version.
Status ParseNewTablesReply(std::string_view args, const Dialect& dialect,
                           Reply<NewTablesAnswer>* out);
void WriteNewTablesReply(std::string_view id, const NewTablesAnswer& answer, const Dialect& dialect,
                         std::string* out);

// NTC; answered by ParseVoidReply().
struct TablesCloseRequest {
  std::string session;
  std::vector<Table> tables;
  bool operator==(const TablesCloseRequest&) const = default;
};
Status ParseTablesClose(std::string_view args, const Dialect& dialect, TablesCloseRequest* out);
void WriteTablesClose(std::string_view id, const TablesCloseRequest& request,
                      const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
