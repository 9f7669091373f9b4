// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/data_messages.h"

#include <charconv>

#include "ari/exception.h"
#include "ari/packet_writer.h"
#include "ari/token_reader.h"

namespace penstock::ari {
namespace {

bool ReadName(TokenReader* reader, std::string_view* out) {
  Text text;
  if (!reader->String(&text)) return false;
  if (text.null) return reader->Fail("null where a string is needed");
  *out = text.value;
  return true;
}

void ReadFields(TokenReader* reader, std::vector<FieldView>* fields) {
  while (reader->ok() && !reader->at_end()) {
    // The Java and .NET SDKs put the index of an indexed event before its name; it carries nothing.
    if (reader->NextIs('I')) {
      int32_t index = 0;
      if (!reader->Int(&index)) return;
      // An index alone is nothing that a sender writes.
      if (reader->at_end()) {
        reader->Fail("argument missing");
        return;
      }
    }
    FieldView field;
    Text value;
    if (!ReadName(reader, &field.name) || !reader->Value(&value)) return;
    field.value = value.value;
    field.null = value.null;
    fields->push_back(field);
  }
}

void ReadDiffs(TokenReader* reader, std::vector<FieldDiffView>* diffs) {
  while (reader->ok() && !reader->at_end()) {
    FieldDiffView diff;
    Text algorithms;
    if (!ReadName(reader, &diff.name) || !reader->Algorithms(&algorithms)) return;
    diff.algorithms = algorithms.value;
    diff.undeclared = algorithms.null;
    diffs->push_back(diff);
  }
}

// Any exception subtype counts, as does a bare `E` with no message behind.
void ReadFailure(TokenReader* reader, Text* out) {
  std::string_view token;
  if (!reader->Raw(&token)) return;
  if (token[0] != 'E' || token.size() > 2) {
    reader->Fail("argument of another type");
    return;
  }
  *out = Text{{}, true};
  if (reader->at_end()) return;
  reader->BareText(out);
}

}  // namespace

Status ParseItemRequest(Method method, std::string_view args, const Dialect& dialect,
                        std::string* item) {
  item->clear();
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(method), &scratch);
  reader.String(item);
  return reader.Finish();
}

void WriteItemRequest(std::string_view id, Method method, std::string_view item,
                      const Dialect& dialect, std::string* out) {
  PacketWriter(id, method, dialect, out).String(item).End();
}

Status NotificationParser::Parse(Method method, std::string_view args, const Dialect& dialect) {
  Notification& n = notification_;
  n.method = method;
  n.item = {};
  n.sub_id = {};
  n.is_snapshot = false;
  n.fields.clear();
  n.diffs.clear();
  n.failure = Text{};
  TokenReader reader(args, dialect.ReadEncoding(method), &scratch_);
  if (method == Method::kFal) {
    ReadFailure(&reader, &n.failure);
    return reader.Finish();
  }
  if (!ReadName(&reader, &n.item) || !ReadName(&reader, &n.sub_id)) return reader.status();
  if (method == Method::kUd3) {
    if (reader.Bool(&n.is_snapshot)) ReadFields(&reader, &n.fields);
  } else if (method == Method::kDfd) {
    ReadDiffs(&reader, &n.diffs);
  } else if (method != Method::kEos && method != Method::kCls) {
    reader.Fail("not a notification");
  }
  return reader.Finish();
}

void WriteUpdate(uint64_t timestamp_millis, std::string_view item, std::string_view sub_id,
                 bool is_snapshot, const FieldView* fields, size_t field_count,
                 const Dialect& dialect, std::string* out) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof(digits), timestamp_millis);
  out->append(digits, static_cast<size_t>(result.ptr - digits));
  WriteUpdateHead(item, sub_id, dialect, out);
  WriteUpdateTail(is_snapshot, fields, field_count, dialect.WriteEncoding(Method::kUd3), out);
}

void WriteUpdateHead(std::string_view item, std::string_view sub_id, const Dialect& dialect,
                     std::string* out) {
  PacketWriter(std::string_view(), Method::kUd3, dialect, out).String(item).String(sub_id);
}

void WriteUpdateTail(bool is_snapshot, const FieldView* fields, size_t field_count,
                     Encoding encoding, std::string* out) {
  out->append(is_snapshot ? "|B|1" : "|B|0", 4);
  for (size_t i = 0; i < field_count; ++i) {
    const FieldView& field = fields[i];
    out->append("|S|", 3);
    AppendEncoded(field.name, encoding, out);
    out->append("|S|", 3);
    if (field.null) {
      out->push_back('#');
    } else {
      AppendEncoded(field.value, encoding, out);
    }
  }
  out->append("\r\n", 2);
}

void WriteItemEvent(uint64_t timestamp_millis, Method method, std::string_view item,
                    std::string_view sub_id, const Dialect& dialect, std::string* out) {
  PacketWriter(timestamp_millis, method, dialect, out).String(item).String(sub_id).End();
}

void WriteDiffOrder(uint64_t timestamp_millis, std::string_view item, std::string_view sub_id,
                    const FieldDiffView* diffs, size_t diff_count, const Dialect& dialect,
                    std::string* out) {
  PacketWriter writer(timestamp_millis, Method::kDfd, dialect, out);
  writer.String(item).String(sub_id);
  for (size_t i = 0; i < diff_count; ++i) {
    writer.String(diffs[i].name).Token("F");
    writer.Token(diffs[i].undeclared           ? "#"
                 : diffs[i].algorithms.empty() ? "$"
                                               : diffs[i].algorithms);
  }
  writer.End();
}

void WriteFailure(std::string_view id, std::optional<std::string_view> message,
                  const Dialect& dialect, std::string* out) {
  PacketWriter(id, Method::kFal, dialect, out)
      .Token("E")
      .BareNullable(message ? NullableString(std::string(*message)) : std::nullopt)
      .End();
}

}  // namespace penstock::ari
