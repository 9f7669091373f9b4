// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "ari/control_messages.h"
#include "ari/data_messages.h"
#include "ari/init.h"
#include "ari/item_messages.h"
#include "ari/line_splitter.h"
#include "ari/mpn_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"

namespace penstock::ari {

enum class Shape { kRequest, kReply };

// Parses one packet by its method and shape and, if that succeeds, appends to `out` what the codec
// writes for it.
inline Status Rewrite(const PacketHead& head, Shape shape, const Dialect& d, std::string* out) {
  const bool request = shape == Shape::kRequest;
  const Method m = head.method;
  const auto reply = [&](auto parse, auto write, auto result) {
    const Status status = parse(&result);
    if (!status.ok()) return status;
    if (result.exception) {
      WriteException(head.id, m, *result.exception, d, out);
    } else {
      write(result.value);
    }
    return Status();
  };
  const auto void_reply = [&] {
    return reply([&](auto* r) { return ParseVoidReply(m, head.args, d, r); },
                 [&](const Nothing&) { WriteVoidReply(head.id, m, d, out); }, Reply<Nothing>());
  };
  const auto plain = [&](auto parse, auto write, auto value) {
    const Status status = parse(&value);
    if (status.ok()) write(value);
    return status;
  };
  switch (m) {
    case Method::kUnknown:
      return Status::Error("unknown method");
    case Method::kKeepalive:
      out->append(kKeepaliveLine);
      return {};
    case Method::kRac:
      return plain([&](auto* v) { return ParseRac(head.args, v); },
                   [&](const auto& v) { WriteRac(head.id, v, out); }, RemoteCredentials());
    case Method::kClose:
      return plain([&](auto* v) { return ParseClose(head.args, v); },
                   [&](const auto& v) { WriteClose(v.value_or(""), out); }, NullableString());
    case Method::kMpi:
    case Method::kDpi:
      if (request) {
        return plain([&](auto* v) { return ParseInitRequest(head.args, v); },
                     [&](const auto& v) { WriteInitRequest(head.id, m, v, d, out); },
                     InitRequest());
      }
      return reply([&](auto* r) { return ParseInitReply(m, head.args, r); },
                   [&](const InitAnswer& v) {
                     WriteInitReply(head.id, m, v.version.value_or(kLatestVersion), out);
                   },
                   Reply<InitAnswer>());
    case Method::kNus:
    case Method::kNua:
      if (request) {
        return plain([&](auto* v) { return ParseNotifyUser(m, head.args, d, v); },
                     [&](const auto& v) { WriteNotifyUser(head.id, v, d, out); },
                     NotifyUserRequest());
      }
      return reply([&](auto* r) { return ParseNotifyUserReply(m, head.args, d, r); },
                   [&](const auto& v) { WriteNotifyUserReply(head.id, m, v, d, out); },
                   Reply<UserProfile>());
    case Method::kNns:
      if (request) {
        return plain([&](auto* v) { return ParseNewSession(head.args, d, v); },
                     [&](const auto& v) { WriteNewSession(head.id, v, d, out); },
                     NewSessionRequest());
      }
      return reply([&](auto* r) { return ParseNewSessionReply(head.args, d, r); },
                   [&](const auto& v) { WriteNewSessionReply(head.id, v, d, out); },
                   Reply<NewSessionAnswer>());
    case Method::kNsc:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseSessionClose(head.args, d, v); },
                   [&](const auto& v) { WriteSessionClose(head.id, v, d, out); }, std::string());
    case Method::kNum:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseUserMessage(head.args, d, v); },
                   [&](const auto& v) { WriteUserMessage(head.id, v, d, out); },
                   UserMessageRequest());
    case Method::kGis:
    case Method::kGsc:
      if (!request) {
        return reply([&](auto* r) { return ParseNamesReply(m, head.args, d, r); },
                     [&](const auto& v) { WriteNamesReply(head.id, m, v, d, out); },
                     Reply<std::vector<std::string>>());
      }
      if (m == Method::kGis) {
        return plain([&](auto* v) { return ParseItems(head.args, d, v); },
                     [&](const auto& v) { WriteItems(head.id, v, d, out); }, ItemsRequest());
      }
      return plain([&](auto* v) { return ParseSchema(head.args, d, v); },
                   [&](const auto& v) { WriteSchema(head.id, v, d, out); }, SchemaRequest());
    case Method::kGit:
      if (request) {
        return plain([&](auto* v) { return ParseItemData(head.args, d, v); },
                     [&](const auto& v) { WriteItemData(head.id, v, d, out); },
                     std::vector<std::string>());
      }
      return reply([&](auto* r) { return ParseItemDataReply(head.args, d, r); },
                   [&](const auto& v) { WriteItemDataReply(head.id, v, d, out); },
                   Reply<std::vector<ItemLimits>>());
    case Method::kGui:
      if (request) {
        return plain([&](auto* v) { return ParseUserItemData(head.args, d, v); },
                     [&](const auto& v) { WriteUserItemData(head.id, v, d, out); },
                     UserItemDataRequest());
      }
      return reply([&](auto* r) { return ParseUserItemDataReply(head.args, d, r); },
                   [&](const auto& v) { WriteUserItemDataReply(head.id, v, d, out); },
                   Reply<std::vector<UserItemLimits>>());
    case Method::kNnt:
      if (request) {
        return plain([&](auto* v) { return ParseNewTables(head.args, d, v); },
                     [&](const auto& v) { WriteNewTables(head.id, v, d, out); },
                     NewTablesRequest());
      }
      return reply([&](auto* r) { return ParseNewTablesReply(head.args, d, r); },
                   [&](const auto& v) { WriteNewTablesReply(head.id, v, d, out); },
                   Reply<NewTablesAnswer>());
    case Method::kNtc:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseTablesClose(head.args, d, v); },
                   [&](const auto& v) { WriteTablesClose(head.id, v, d, out); },
                   TablesCloseRequest());
    case Method::kMda:
    case Method::kMdc:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseMpnDevice(m, head.args, d, v); },
                   [&](const auto& v) { WriteMpnDevice(head.id, v, d, out); }, MpnDeviceRequest());
    case Method::kMsa:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseMpnSubscription(head.args, d, v); },
                   [&](const auto& v) { WriteMpnSubscription(head.id, v, d, out); },
                   MpnSubscriptionRequest());
    case Method::kFst:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseForceSessionTermination(head.args, d, v); },
                   [&](const auto& v) { WriteForceSessionTermination(head.id, v, d, out); },
                   ForceSessionTermination());
    case Method::kFus:
      if (request) {
        return plain([&](auto* v) { return ParseForceUnsubscription(head.args, d, v); },
                     [&](const auto& v) { WriteForceUnsubscription(head.id, v, d, out); },
                     ForceUnsubscription());
      }
      return reply([&](auto* r) { return ParseForceUnsubscriptionReply(head.args, d, r); },
                   [&](bool v) { WriteForceUnsubscriptionReply(head.id, v, d, out); },
                   Reply<bool>());
    case Method::kSub:
    case Method::kUsb:
      if (!request) return void_reply();
      return plain([&](auto* v) { return ParseItemRequest(m, head.args, d, v); },
                   [&](const auto& v) { WriteItemRequest(head.id, m, v, d, out); }, std::string());
    case Method::kUd3:
    case Method::kEos:
    case Method::kCls:
    case Method::kDfd:
    case Method::kFal:
      break;
  }
  NotificationParser parser;
  const Status status = parser.Parse(m, head.args, d);
  if (!status.ok()) return status;
  const Notification& n = parser.notification();
  if (m == Method::kUd3) {
    WriteUpdate(0, n.item, n.sub_id, n.is_snapshot, n.fields.data(), n.fields.size(), d, out);
  } else if (m == Method::kDfd) {
    WriteDiffOrder(0, n.item, n.sub_id, n.diffs.data(), n.diffs.size(), d, out);
  } else if (m == Method::kFal) {
    WriteFailure("0", n.failure.null ? std::nullopt : std::optional(n.failure.value), d, out);
  } else {
    WriteItemEvent(0, m, n.item, n.sub_id, d, out);
  }
  return {};
}

// Splits `bytes` in chunks of `chunk` bytes and gives all lines, each followed by a newline, and
// how it ended.
inline std::string AllLines(std::string_view bytes, size_t chunk, size_t max_line) {
  std::string all;
  LineSplitter splitter(max_line);
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    // A copy of its own, so that a sanitizer sees a view that outlives it.
    const std::string piece(bytes.substr(at, chunk));
    splitter.Feed(piece);
    std::string_view line;
    LineSplitter::Cut cut;
    while ((cut = splitter.Next(&line)) == LineSplitter::Cut::kLine) {
      all.append(line);
      all.push_back('\n');
    }
    if (cut == LineSplitter::Cut::kTooLong) return all + "too long";
  }
  return all + (splitter.has_partial_line() ? "partial" : "end");
}

}  // namespace penstock::ari
