// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ari/data_messages.h"
#include "fuzz/ari_value_trip.h"

// The input is a packet's meaning: the first bytes choose version, form and packet, the rest its
// values. What one end writes of it the other end must read as exactly that.

namespace penstock::ari {

void CheckNotificationValues(Trip& t, uint8_t kind) {
  Source& s = t.s;
  const Dialect& d = t.d;
  const std::string item = s.String();
  const std::string sub_id = "1" + s.String();
  const std::vector<std::string> names = s.Strings();
  const std::vector<std::string> values = s.List([&] { return s.String(); }, names.size());
  NotificationParser parser;
  const Notification& n = parser.notification();
  const auto read = [&](Method method) {
    const std::string_view args = t.Args();
    Require(t.method() == method, "another method", *t.line());
    const Status status = parser.Parse(method, args, d);
    Require(status.ok(), status.message(), *t.line());
    if (method != Method::kFal) Require(n.item == item, "another item", *t.line());
  };
  if (kind % 4 == 0) {
    std::vector<FieldView> fields;
    for (size_t i = 0; i < names.size(); ++i) {
      const bool null = s.Flag();
      fields.push_back({names[i], null ? std::string_view() : values[i], null});
    }
    const bool snapshot = s.Flag();
    WriteUpdate(s.Number<uint64_t>(), item, sub_id, snapshot, fields.data(), fields.size(), d,
                t.line());
    read(Method::kUd3);
    Require(n.fields == fields && n.is_snapshot == snapshot, "other fields", *t.line());
  } else if (kind % 4 == 1) {
    constexpr std::string_view kLetters[] = {"", "J", "M", "JM", "MJ"};
    std::vector<FieldDiffView> diffs;
    for (const std::string& name : names) {
      const bool undeclared = s.Flag();
      diffs.push_back({name, undeclared ? std::string_view() : kLetters[s.Byte() % 5], undeclared});
    }
    WriteDiffOrder(s.Number<uint64_t>(), item, sub_id, diffs.data(), diffs.size(), d, t.line());
    read(Method::kDfd);
    Require(n.diffs == diffs, "other declarations", *t.line());
  } else if (kind % 4 == 2) {
    const Method method = s.Flag() ? Method::kEos : Method::kCls;
    WriteItemEvent(s.Number<uint64_t>(), method, item, sub_id, d, t.line());
    read(method);
  } else {
    const NullableString message = s.Nullable();
    WriteFailure("2", message, d, t.line());
    read(Method::kFal);
    Require(n.failure.null ? !message.has_value() : n.failure.value == message, "another message",
            *t.line());
  }
}

}  // namespace penstock::ari

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock::ari;
  Source source(data, size);
  const uint8_t form = source.Byte();
  Dialect dialect;
  dialect.version = static_cast<Version>(form % 5);
  dialect.item_lists = (form & 0x40) == 0;
  dialect.ascii_only = (form & 0x80) != 0;
  const uint8_t packet = source.Byte();
  Trip trip(&source, dialect);
  if (packet < 96) {
    CheckRequestValues(trip, packet);
  } else if (packet < 192) {
    CheckReplyValues(trip, packet);
  } else {
    CheckNotificationValues(trip, packet);
  }
  return 0;
}
