// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/table_messages.h"

namespace penstock::ari {

bool ReadTable(Method method, const Dialect& dialect, TokenReader* reader, Table* out) {
  const bool long_form = HasLongTables(dialect.version);
  reader->Int(&out->win_index);
  reader->SingleMode(&out->mode);
  reader->String(&out->group);
  if (long_form) reader->Nullable(&out->data_adapter);
  reader->String(&out->schema);
  reader->Int(&out->first_item);
  reader->Int(&out->last_item);
  if (method != Method::kMsa) reader->Nullable(&out->selector);
  if (!long_form || !dialect.item_lists || !reader->ok() || reader->at_end()) return reader->ok();

  int32_t count = 0;
  if (!reader->Int(&count)) return false;
  if (count < 0) return reader->Fail("negative number of items");
  for (int32_t i = 0; i < count && reader->ok(); ++i) reader->String(&out->items.emplace_back());
  if (method != Method::kNtc) return reader->ok();

  int32_t statistics = 0;
  if (!reader->Int(&statistics)) return false;
  if (statistics != 0 && statistics != count) return reader->Fail("bad number of statistics");
  for (int32_t i = 0; i < statistics && reader->ok(); ++i) {
    ItemStatistics& item = out->statistics.emplace_back();
    reader->Long(&item.real_time);
    reader->Long(&item.lost);
    reader->Long(&item.filtered);
  }
  return reader->ok();
}

void WriteTable(Method method, const Dialect& dialect, const Table& table, PacketWriter* writer) {
  const bool long_form = HasLongTables(dialect.version);
  writer->Int(table.win_index).SingleMode(table.mode).String(table.group);
  if (long_form) writer->Nullable(table.data_adapter);
  writer->String(table.schema).Int(table.first_item).Int(table.last_item);
  if (method != Method::kMsa) writer->Nullable(table.selector);
  if (!long_form || !dialect.item_lists) return;

  writer->Int(static_cast<int32_t>(table.items.size())).Strings(table.items);
  if (method != Method::kNtc) return;
  const bool complete = table.statistics.size() == table.items.size();
  writer->Int(complete ? static_cast<int32_t>(table.statistics.size()) : 0);
  if (!complete) return;
  for (const ItemStatistics& item : table.statistics) {
    writer->Long(item.real_time).Long(item.lost).Long(item.filtered);
  }
}

Status ParseNewTables(std::string_view args, const Dialect& dialect, NewTablesRequest* out) {
  *out = NewTablesRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kNnt), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->session);
  while (reader.ok() && !reader.at_end()) {
    ReadTable(Method::kNnt, dialect, &reader, &out->tables.emplace_back());
  }
  return reader.Finish();
}

void WriteNewTables(std::string_view id, const NewTablesRequest& request, const Dialect& dialect,
                    std::string* out) {
  PacketWriter writer(id, Method::kNnt, dialect, out);
  writer.Nullable(request.user).String(request.session);
  for (const Table& table : request.tables) WriteTable(Method::kNnt, dialect, table, &writer);
  writer.End();
}

Status ParseNewTablesReply(std::string_view args, const Dialect& dialect,
                           Reply<NewTablesAnswer>* out) {
  return ParseReply(Method::kNnt, args, dialect, out,
                    [](TokenReader& reader, NewTablesAnswer& answer) {
                      if (reader.NextIs('V')) {
                        reader.Type('V');
                        return;
                      }
                      reader.Bool(&answer.enable_unsubscription);
                      reader.Bool(&answer.wants_statistics);
                    });
}

void WriteNewTablesReply(std::string_view id, const NewTablesAnswer& answer, const Dialect& dialect,
                         std::string* out) {
  PacketWriter writer(id, Method::kNnt, dialect, out);
  if (HasTableFlags(dialect.version)) {
    writer.Bool(answer.enable_unsubscription).Bool(answer.wants_statistics).End();
  } else {
    writer.Void().End();
  }
}

Status ParseTablesClose(std::string_view args, const Dialect& dialect, TablesCloseRequest* out) {
  *out = TablesCloseRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kNtc), &scratch);
  reader.String(&out->session);
  while (reader.ok() && !reader.at_end()) {
    ReadTable(Method::kNtc, dialect, &reader, &out->tables.emplace_back());
  }
  return reader.Finish();
}

void WriteTablesClose(std::string_view id, const TablesCloseRequest& request,
                      const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kNtc, dialect, out);
  writer.String(request.session);
  for (const Table& table : request.tables) WriteTable(Method::kNtc, dialect, table, &writer);
  writer.End();
}

}  // namespace penstock::ari
