// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/metadata_conversion.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/parse_number.h"
#include "base/utf8.h"

namespace penstock::adapters {

namespace {

pb::Mode ToMode(kernel::Mode mode) {
  switch (mode) {
    case kernel::Mode::kRaw:
      return pb::MODE_RAW;
    case kernel::Mode::kMerge:
      return pb::MODE_MERGE;
    case kernel::Mode::kDistinct:
      return pb::MODE_DISTINCT;
    case kernel::Mode::kCommand:
      return pb::MODE_COMMAND;
  }
  return pb::MODE_UNSPECIFIED;
}

template <class Modes>
ModeSet ToModes(const Modes& wire) {
  ModeSet modes = 0;
  for (const kernel::Mode mode : {kernel::Mode::kRaw, kernel::Mode::kMerge, kernel::Mode::kDistinct,
                                  kernel::Mode::kCommand}) {
    if (std::find(wire.begin(), wire.end(), ToMode(mode)) != wire.end()) {
      modes = static_cast<ModeSet>(modes | ModeBit(mode));
    }
  }
  return modes;
}

int ToCount(std::uint32_t wire) {
  constexpr std::uint32_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(wire, kMost));
}

FailureKind ToKind(pb::Error::Kind kind) {
  switch (kind) {
    case pb::Error::KIND_ACCESS:
      return FailureKind::kAccess;
    case pb::Error::KIND_UNAVAILABLE:
      return FailureKind::kUnavailable;
    case pb::Error::KIND_CREDITS:
      return FailureKind::kCredits;
    case pb::Error::KIND_CONFLICT:
      return FailureKind::kConflict;
    case pb::Error::KIND_ITEMS:
      return FailureKind::kItems;
    case pb::Error::KIND_SCHEMA:
      return FailureKind::kSchema;
    case pb::Error::KIND_SELECTOR:
      return FailureKind::kSelector;
    case pb::Error::KIND_NOTIFICATION:
      return FailureKind::kNotification;
    default:
      return FailureKind::kUnexpected;
  }
}

}  // namespace

std::string ToText(const std::string& bytes) {
  if (IsValidUtf8(bytes)) return bytes;
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

pb::NotifyUser UserToProto(const session::OpenQuery& query) {
  pb::NotifyUser request;
  if (query.user) request.set_user(ToText(*query.user));
  if (query.password) request.set_password(ToText(*query.password));
  for (const auto& [name, value] : query.headers) {
    pb::NameValue& header = *request.add_headers();
    header.set_name(ToText(name));
    header.set_value(ToText(value));
  }
  request.set_request_id(query.request_id);
  if (query.certificate) {
    pb::ClientCertificate& certificate = *request.mutable_certificate();
    if (query.certificate->subject) certificate.set_subject(ToText(*query.certificate->subject));
  }
  return request;
}

pb::NotifyNewSession SessionToProto(const session::OpenQuery& query) {
  pb::NotifyNewSession request;
  if (query.user) request.set_user(ToText(*query.user));
  request.set_session(query.session_id);
  request.set_request_id(query.request_id);
  request.set_remote_ip(query.remote_ip);
  request.set_remote_port(ParseNumber<std::uint16_t>(query.remote_port).value_or(0));
  request.set_forwarding_info(ToText(query.forwarding_info));
  request.set_user_agent(ToText(query.user_agent));
  request.set_local_server(ToText(query.local_server));
  request.set_client_type(ToText(query.client_type));
  return request;
}

pb::Table TableToProto(const session::Table& table) {
  pb::Table wire;
  wire.set_win_index(table.win_index);
  wire.set_mode(ToMode(table.mode));
  wire.set_group(ToText(table.group));
  wire.set_data_adapter(ToText(table.data_adapter));
  wire.set_schema(ToText(table.schema));
  if (table.selector) wire.set_selector(ToText(*table.selector));
  for (const std::string& item : table.items) wire.add_items(ToText(item));
  for (const session::ItemStatistics& item : table.statistics) {
    pb::ItemStatistics& statistics = *wire.add_statistics();
    statistics.set_real_time(item.real_time);
    statistics.set_lost(item.lost);
    statistics.set_filtered(item.filtered);
    statistics.set_unselected(item.unselected);
  }
  return wire;
}

pb::GetItems ItemsToProto(const UserName& user, const std::string& session_id,
                          const session::Table& table) {
  pb::GetItems question;
  if (user) question.set_user(ToText(*user));
  question.set_session(session_id);
  question.set_group(ToText(table.group));
  question.set_data_adapter(ToText(table.data_adapter));
  return question;
}

pb::GetSchema SchemaToProto(const UserName& user, const std::string& session_id,
                            const session::Table& table) {
  pb::GetSchema question;
  if (user) question.set_user(ToText(*user));
  question.set_session(session_id);
  question.set_group(ToText(table.group));
  question.set_schema(ToText(table.schema));
  question.set_data_adapter(ToText(table.data_adapter));
  return question;
}

pb::GetSelector SelectorToProto(const UserName& user, const std::string& session_id,
                                const session::Table& table) {
  pb::GetSelector question;
  if (user) question.set_user(ToText(*user));
  question.set_session(session_id);
  question.set_data_adapter(ToText(table.data_adapter));
  question.set_group(ToText(table.group));
  question.set_schema(ToText(table.schema));
  question.set_selector(ToText(*table.selector));
  return question;
}

// --- Answers

Failure ToFailure(const pb::Error& error) {
  Failure failure;
  failure.kind = ToKind(error.kind());
  failure.message = error.message().empty() ? "no reason given" : error.message();
  failure.client_code = error.client_code();
  failure.client_message = error.client_message();
  failure.other_session = error.conflicting_session();
  return failure;
}

std::optional<Void> ToVoid(const pb::MetadataAnswer& answer) {
  if (!answer.has_done()) return std::nullopt;
  return Void();
}

std::optional<UserProfile> ToUserProfile(const pb::MetadataAnswer& answer) {
  const std::optional<double> bandwidth = ToBandwidth(answer.user().max_bandwidth_kbps());
  if (!answer.has_user() || !bandwidth) return std::nullopt;
  return UserProfile{*bandwidth, answer.user().wants_tables()};
}

std::optional<SessionProfile> ToSessionProfile(const pb::MetadataAnswer& answer) {
  if (!answer.has_session()) return std::nullopt;
  return SessionProfile{answer.session().time_to_live_seconds()};
}

std::optional<TableProfile> ToTableProfile(const pb::MetadataAnswer& answer) {
  if (!answer.has_table()) return std::nullopt;
  return TableProfile{answer.table().enable_unsubscription(),
                      answer.table().wants_final_statistics()};
}

std::optional<session::MessageOutcome> ToMessageOutcome(const pb::MetadataAnswer& answer) {
  if (!answer.has_message()) return std::nullopt;
  return session::MessageOutcome{answer.message().response()};
}

std::optional<std::vector<std::string>> ToNames(const pb::MetadataAnswer& answer) {
  if (!answer.has_names()) return std::nullopt;
  const auto& wire = answer.names().names();
  std::vector<std::string> names(wire.begin(), wire.end());
  for (const std::string& name : names) {
    if (name.empty()) return std::nullopt;
  }
  return names;
}

std::optional<std::vector<ItemData>> ToItemData(const pb::MetadataAnswer& answer,
                                                std::size_t count) {
  const auto& wire = answer.item_data().items();
  if (!answer.has_item_data() || static_cast<std::size_t>(wire.size()) != count) {
    return std::nullopt;
  }
  std::vector<ItemData> data;
  data.reserve(count);
  for (const pb::ItemData& item : wire) {
    data.push_back({ToCount(item.distinct_snapshot_length()),
                    ToFrequency(item.min_source_frequency()), ToModes(item.modes())});
  }
  return data;
}

std::optional<std::vector<UserItemData>> ToUserItemData(const pb::MetadataAnswer& answer,
                                                        std::size_t count) {
  const auto& wire = answer.user_item_data().items();
  if (!answer.has_user_item_data() || static_cast<std::size_t>(wire.size()) != count) {
    return std::nullopt;
  }
  std::vector<UserItemData> data;
  data.reserve(count);
  for (const pb::UserItemData& item : wire) {
    data.push_back(
        {ToCount(item.buffer_size()), ToFrequency(item.max_frequency()), ToModes(item.modes())});
  }
  return data;
}

}  // namespace penstock::adapters
