// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "ari/item_messages.h"
#include "ari/mpn_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"
#include "fuzz/ari_value_trip.h"

namespace penstock::ari {
namespace {

Table DrawTable(Source& s, const Dialect& d, Method method) {
  Table table;
  table.win_index = s.Number<int32_t>();
  constexpr Mode kModes[] = {Mode::kRaw, Mode::kMerge, Mode::kDistinct, Mode::kCommand};
  table.mode = kModes[s.Byte() % 4];
  table.group = s.String();
  table.schema = s.String();
  table.first_item = s.Number<int32_t>();
  table.last_item = s.Number<int32_t>();
  if (method != Method::kMsa) table.selector = s.Nullable();
  if (!HasLongTables(d.version)) return table;
  table.data_adapter = s.Nullable();
  if (!d.item_lists) return table;
  table.items = s.Strings();
  if (method != Method::kNtc || s.Flag()) return table;
  for (size_t i = 0; i < table.items.size(); ++i) {
    table.statistics.push_back({s.Number<int64_t>(), s.Number<int64_t>(), s.Number<int64_t>()});
  }
  return table;
}

MpnDevice DrawDevice(Source& s) {
  MpnDevice device;
  device.platform = static_cast<MpnPlatform>(s.Byte() % 3);
  device.application = s.String();
  device.token = s.String();
  return device;
}

}  // namespace

// What a server writes and an adapter reads.
void CheckRequestValues(Trip& t, uint8_t kind) {
  Source& s = t.s;
  const Dialect& d = t.d;
  switch (kind % 15) {
    case 0: {
      InitRequest init;
      init.version = "1.9.1";
      if (s.Flag()) init.keepalive_hint_millis = s.Number<int64_t>();
      init.params = s.Pairs();
      for (Pair& pair : init.params) pair.name.insert(0, "p.");
      const Method method = s.Flag() ? Method::kMpi : Method::kDpi;
      WriteInitRequest("7", method, init, d, t.line());
      return t.Same(init, [](auto args, auto* out) { return ParseInitRequest(args, out); });
    }
    case 1: {
      NotifyUserRequest r;
      r.user = s.Nullable();
      r.password = s.Nullable();
      r.client_auth = s.Flag();
      if (r.client_auth) r.principal = s.Nullable();
      r.headers = s.Pairs();
      WriteNotifyUser("7", r, d, t.line());
      return t.Same(
          r, [&](auto args, auto* out) { return ParseNotifyUser(t.method(), args, d, out); });
    }
    case 2: {
      NewSessionRequest r;
      r.user = s.Nullable();
      r.session = s.String();
      r.context = s.Pairs();
      WriteNewSession("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseNewSession(args, d, out); });
    }
    case 3: {
      const std::string session = s.String();
      WriteSessionClose("7", session, d, t.line());
      return t.Same(session, [&](auto args, auto* out) { return ParseSessionClose(args, d, out); });
    }
    case 4: {
      const UserMessageRequest r{s.Nullable(), s.String(), s.String()};
      WriteUserMessage("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseUserMessage(args, d, out); });
    }
    case 5: {
      const ItemsRequest r{s.Nullable(), s.String(), s.String()};
      WriteItems("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseItems(args, d, out); });
    }
    case 6: {
      const SchemaRequest r{s.Nullable(), s.String(), s.String(), s.String()};
      WriteSchema("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseSchema(args, d, out); });
    }
    case 7: {
      const std::vector<std::string> items = s.Strings(1);
      WriteItemData("7", items, d, t.line());
      return t.Same(items, [&](auto args, auto* out) { return ParseItemData(args, d, out); });
    }
    case 8: {
      const UserItemDataRequest r{s.Nullable(), s.Strings()};
      WriteUserItemData("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseUserItemData(args, d, out); });
    }
    case 9: {
      NewTablesRequest r{s.Nullable(), s.String(), {}};
      // Without their item lists, tables behind the first one cannot be told apart.
      r.tables = s.List([&] { return DrawTable(s, d, Method::kNnt); });
      if (!d.item_lists && r.tables.size() > 1) r.tables.resize(1);
      WriteNewTables("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseNewTables(args, d, out); });
    }
    case 10: {
      TablesCloseRequest r{s.String(), {}};
      r.tables = s.List([&] { return DrawTable(s, d, Method::kNtc); });
      if (!d.item_lists && r.tables.size() > 1) r.tables.resize(1);
      WriteTablesClose("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseTablesClose(args, d, out); });
    }
    case 11: {
      MpnDeviceRequest r{s.Nullable(), s.String(), DrawDevice(s), {}};
      if (s.Flag()) r.new_token = s.String();
      WriteMpnDevice("7", r, d, t.line());
      return t.Same(r,
                    [&](auto args, auto* out) { return ParseMpnDevice(t.method(), args, d, out); });
    }
    case 12: {
      if (!d.item_lists) return;
      MpnSubscriptionRequest r;
      r.user = s.Nullable();
      r.session = s.String();
      r.table = DrawTable(s, d, Method::kMsa);
      r.device = DrawDevice(s);
      r.trigger = s.Nullable();
      r.format = s.String();
      WriteMpnSubscription("7", r, d, t.line());
      return t.Same(r, [&](auto args, auto* out) { return ParseMpnSubscription(args, d, out); });
    }
    case 13: {
      const Method method = s.Flag() ? Method::kSub : Method::kUsb;
      const std::string item = s.String();
      WriteItemRequest("7", method, item, d, t.line());
      return t.Same(item,
                    [&](auto args, auto* out) { return ParseItemRequest(method, args, d, out); });
    }
    default: {
      const NullableString reason = s.String();
      WriteClose(*reason, t.line());
      return t.Same(reason, [](auto args, auto* out) { return ParseClose(args, out); });
    }
  }
}

}  // namespace penstock::ari
