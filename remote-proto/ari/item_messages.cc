// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/item_messages.h"

namespace penstock::ari {

Status ParseItems(std::string_view args, const Dialect& dialect, ItemsRequest* out) {
  *out = ItemsRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kGis), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->group);
  reader.String(&out->session);
  return reader.Finish();
}

void WriteItems(std::string_view id, const ItemsRequest& request, const Dialect& dialect,
                std::string* out) {
  PacketWriter(id, Method::kGis, dialect, out)
      .Nullable(request.user)
      .String(request.group)
      .String(request.session)
      .End();
}

Status ParseSchema(std::string_view args, const Dialect& dialect, SchemaRequest* out) {
  *out = SchemaRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kGsc), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->group);
  reader.String(&out->schema);
  reader.String(&out->session);
  return reader.Finish();
}

void WriteSchema(std::string_view id, const SchemaRequest& request, const Dialect& dialect,
                 std::string* out) {
  PacketWriter(id, Method::kGsc, dialect, out)
      .Nullable(request.user)
      .String(request.group)
      .String(request.schema)
      .String(request.session)
      .End();
}

Status ParseNamesReply(Method method, std::string_view args, const Dialect& dialect,
                       Reply<std::vector<std::string>>* out) {
  return ParseReply(
      method, args, dialect, out,
      [](TokenReader& reader, std::vector<std::string>& names) { reader.Strings(&names); });
}

void WriteNamesReply(std::string_view id, Method method, const std::vector<std::string>& names,
                     const Dialect& dialect, std::string* out) {
  PacketWriter(id, method, dialect, out).Strings(names).End();
}

Status ParseItemData(std::string_view args, const Dialect& dialect,
                     std::vector<std::string>* items) {
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kGit), &scratch);
  reader.Strings(items);
  return reader.Finish();
}

void WriteItemData(std::string_view id, const std::vector<std::string>& items,
                   const Dialect& dialect, std::string* out) {
  PacketWriter(id, Method::kGit, dialect, out).Strings(items).End();
}

Status ParseItemDataReply(std::string_view args, const Dialect& dialect,
                          Reply<std::vector<ItemLimits>>* out) {
  return ParseReply(Method::kGit, args, dialect, out,
                    [](TokenReader& reader, std::vector<ItemLimits>& all) {
                      while (reader.ok() && !reader.at_end()) {
                        ItemLimits& limits = all.emplace_back();
                        reader.Int(&limits.distinct_snapshot_length);
                        reader.Double(&limits.min_source_frequency);
                        reader.Modes(&limits.modes);
                      }
                    });
}

void WriteItemDataReply(std::string_view id, const std::vector<ItemLimits>& all,
                        const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kGit, dialect, out);
  for (const ItemLimits& limits : all) {
    writer.Int(limits.distinct_snapshot_length)
        .Double(limits.min_source_frequency)
        .Modes(limits.modes);
  }
  writer.End();
}

Status ParseUserItemData(std::string_view args, const Dialect& dialect, UserItemDataRequest* out) {
  *out = UserItemDataRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kGui), &scratch);
  reader.Nullable(&out->user);
  reader.Strings(&out->items);
  return reader.Finish();
}

void WriteUserItemData(std::string_view id, const UserItemDataRequest& request,
                       const Dialect& dialect, std::string* out) {
  PacketWriter(id, Method::kGui, dialect, out).Nullable(request.user).Strings(request.items).End();
}

Status ParseUserItemDataReply(std::string_view args, const Dialect& dialect,
                              Reply<std::vector<UserItemLimits>>* out) {
  return ParseReply(Method::kGui, args, dialect, out,
                    [](TokenReader& reader, std::vector<UserItemLimits>& all) {
                      while (reader.ok() && !reader.at_end()) {
                        UserItemLimits& limits = all.emplace_back();
                        reader.Int(&limits.buffer_size);
                        reader.Double(&limits.max_frequency);
                        reader.Modes(&limits.modes);
                      }
                    });
}

void WriteUserItemDataReply(std::string_view id, const std::vector<UserItemLimits>& all,
                            const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kGui, dialect, out);
  for (const UserItemLimits& limits : all) {
    writer.Int(limits.buffer_size).Double(limits.max_frequency).Modes(limits.modes);
  }
  writer.End();
}

}  // namespace penstock::ari
