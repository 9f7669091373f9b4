// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/metadata_conversion.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace penstock::adapters {

namespace {

ari::Mode ToMode(kernel::Mode mode) {
  switch (mode) {
    case kernel::Mode::kRaw:
      return ari::Mode::kRaw;
    case kernel::Mode::kDistinct:
      return ari::Mode::kDistinct;
    case kernel::Mode::kCommand:
      return ari::Mode::kCommand;
    case kernel::Mode::kMerge:
      break;
  }
  return ari::Mode::kMerge;
}

ModeSet ToModes(const ari::ModeSet& wire) {
  ModeSet modes = 0;
  for (const kernel::Mode mode : {kernel::Mode::kRaw, kernel::Mode::kMerge, kernel::Mode::kDistinct,
                                  kernel::Mode::kCommand}) {
    if (wire.Has(ToMode(mode))) modes = static_cast<ModeSet>(modes | ModeBit(mode));
  }
  return modes;
}

FailureKind ToKind(ari::ExceptionKind kind) {
  switch (kind) {
    case ari::ExceptionKind::kAccess:
      return FailureKind::kAccess;
    case ari::ExceptionKind::kResourceUnavailable:
      return FailureKind::kUnavailable;
    case ari::ExceptionKind::kCredits:
      return FailureKind::kCredits;
    case ari::ExceptionKind::kConflictingSession:
      return FailureKind::kConflict;
    case ari::ExceptionKind::kItems:
      return FailureKind::kItems;
    case ari::ExceptionKind::kSchema:
      return FailureKind::kSchema;
    case ari::ExceptionKind::kNotification:
      return FailureKind::kNotification;
    default:
      return FailureKind::kUnexpected;
  }
}

}  // namespace

ari::NotifyUserRequest ToNotifyUser(const session::OpenQuery& query) {
  ari::NotifyUserRequest request;
  request.user = query.user;
  request.password = query.password;
  if (query.certificate) {
    request.client_auth = true;
    request.principal = query.certificate->subject;
  }
  request.headers.reserve(query.headers.size() + 1);
  for (const auto& [name, value] : query.headers) request.headers.push_back({name, value});
  request.headers.push_back({"REQUEST_ID", query.request_id});
  return request;
}

ari::NewSessionRequest ToNewSession(const session::OpenQuery& query) {
  ari::NewSessionRequest request;
  request.user = query.user;
  request.session = query.session_id;
  request.context = {{"REMOTE_IP", query.remote_ip},     {"REMOTE_PORT", query.remote_port},
                     {"USER_AGENT", query.user_agent},   {"LOCAL_SERVER", query.local_server},
                     {"CLIENT_TYPE", query.client_type}, {"REQUEST_ID", query.request_id}};
  if (!query.forwarding_info.empty()) {
    request.context.push_back({"FORWARDING_INFO", query.forwarding_info});
  }
  return request;
}

ari::Table ToTable(const session::Table& table) {
  ari::Table wire;
  wire.win_index = table.win_index;
  wire.mode = ToMode(table.mode);
  wire.group = table.group;
  wire.data_adapter = table.data_adapter;
  wire.schema = table.schema;
  wire.first_item = table.items.empty() ? 0 : 1;
  wire.last_item = static_cast<std::int32_t>(table.items.size());
  wire.selector = table.selector;
  wire.items = table.items;
  for (const session::ItemStatistics& item : table.statistics) {
    wire.statistics.push_back({static_cast<std::int64_t>(item.real_time),
                               static_cast<std::int64_t>(item.lost),
                               static_cast<std::int64_t>(item.filtered)});
  }
  return wire;
}

Failure ToFailure(const ari::Exception& exception) {
  Failure failure;
  failure.kind = ToKind(exception.kind);
  failure.message = exception.message.value_or("no reason given");
  failure.client_code = exception.client_code;
  failure.client_message = exception.client_message.value_or("");
  failure.other_session = exception.conflicting_session;
  return failure;
}

std::optional<UserProfile> ToUserProfile(const ari::UserProfile& wire) {
  const std::optional<double> bandwidth = ToBandwidth(wire.max_bandwidth_kbps);
  if (!bandwidth) return std::nullopt;
  return UserProfile{*bandwidth, wire.wants_tables};
}

std::optional<SessionProfile> ToSessionProfile(const ari::NewSessionAnswer& wire) {
  return SessionProfile{wire.ttl_seconds.value_or(0)};
}

std::optional<TableProfile> ToTableProfile(const ari::NewTablesAnswer& wire) {
  return TableProfile{wire.enable_unsubscription, wire.wants_statistics};
}

std::optional<std::vector<std::string>> ToNames(std::vector<std::string>& wire) {
  for (const std::string& name : wire) {
    if (name.empty() || !IsValidUtf8(name)) return std::nullopt;
  }
  return std::move(wire);
}

std::optional<std::vector<ItemData>> ToItemData(const std::vector<ari::ItemLimits>& wire,
                                                std::size_t count) {
  if (wire.size() != count) return std::nullopt;
  std::vector<ItemData> data;
  data.reserve(count);
  for (const ari::ItemLimits& limits : wire) {
    data.push_back({std::max(limits.distinct_snapshot_length, 0),
                    ToFrequency(limits.min_source_frequency), ToModes(limits.modes)});
  }
  return data;
}

std::optional<std::vector<UserItemData>> ToUserItemData(
    const std::vector<ari::UserItemLimits>& wire, std::size_t count) {
  if (wire.size() != count) return std::nullopt;
  std::vector<UserItemData> data;
  data.reserve(count);
  for (const ari::UserItemLimits& limits : wire) {
    data.push_back({std::max(limits.buffer_size, 0), ToFrequency(limits.max_frequency),
                    ToModes(limits.modes)});
  }
  return data;
}

}  // namespace penstock::adapters
