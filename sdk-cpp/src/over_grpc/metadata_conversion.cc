// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/metadata_conversion.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "over_grpc/wire.h"

namespace penstock::adapter {
namespace {

// Of a filter; what is deeper is left out, and the server refuses the whole. Far deeper messages
// could not be read at all, and would cost the stream.
constexpr int kMostLevels = 16;

template <class Message>
NullableString UserOf(const Message& request) {
  return request.has_user() ? NullableString(request.user()) : std::nullopt;
}

Mode FromMode(pb::Mode mode) {
  switch (mode) {
    case pb::MODE_RAW:
      return Mode::kRaw;
    case pb::MODE_DISTINCT:
      return Mode::kDistinct;
    case pb::MODE_COMMAND:
      return Mode::kCommand;
    default:
      return Mode::kMerge;
  }
}

Table FromTable(const pb::Table& wire) {
  Table table;
  table.win_index = wire.win_index();
  table.mode = FromMode(wire.mode());
  table.group = wire.group();
  table.data_adapter = wire.data_adapter();
  table.schema = wire.schema();
  table.first_item = 1;
  table.last_item = wire.items_size();
  if (wire.has_selector()) table.selector = wire.selector();
  table.items.assign(wire.items().begin(), wire.items().end());
  for (const pb::ItemStatistics& one : wire.statistics()) {
    table.statistics.push_back(
        {static_cast<int64_t>(one.real_time()), static_cast<int64_t>(one.lost()),
         static_cast<int64_t>(one.filtered()), static_cast<int64_t>(one.unselected())});
  }
  return table;
}

template <class Message>
void SetModes(ModeSet modes, Message* out) {
  if (modes.Has(Mode::kRaw)) out->add_modes(pb::MODE_RAW);
  if (modes.Has(Mode::kMerge)) out->add_modes(pb::MODE_MERGE);
  if (modes.Has(Mode::kDistinct)) out->add_modes(pb::MODE_DISTINCT);
  if (modes.Has(Mode::kCommand)) out->add_modes(pb::MODE_COMMAND);
}

pb::Filter::Comparison::Operator ToOperator(Relation relation) {
  switch (relation) {
    case Relation::kEqual:
      return pb::Filter::Comparison::OPERATOR_EQUAL;
    case Relation::kNotEqual:
      return pb::Filter::Comparison::OPERATOR_NOT_EQUAL;
    case Relation::kLess:
      return pb::Filter::Comparison::OPERATOR_LESS;
    case Relation::kLessOrEqual:
      return pb::Filter::Comparison::OPERATOR_LESS_OR_EQUAL;
    case Relation::kGreater:
      return pb::Filter::Comparison::OPERATOR_GREATER;
    case Relation::kGreaterOrEqual:
      return pb::Filter::Comparison::OPERATOR_GREATER_OR_EQUAL;
  }
  return pb::Filter::Comparison::OPERATOR_UNSPECIFIED;
}

pb::Filter::Comparison ToComparison(const Filter& filter) {
  pb::Filter::Comparison out;
  out.set_field(ToUtf8(filter.field()));
  out.set_relation(ToOperator(filter.relation()));
  if (const auto* const text = std::get_if<std::string>(&filter.value())) {
    out.set_text(ToUtf8(*text));
  } else if (const auto* const number = std::get_if<double>(&filter.value())) {
    out.set_number(*number);
  }
  return out;
}

pb::Filter ToFilter(const Filter& filter, int level) {
  pb::Filter out;
  if (level > kMostLevels) return out;
  switch (filter.kind()) {
    case Filter::Kind::kAll:
      out.mutable_all();
      for (const Filter& one : filter.filters()) {
        *out.mutable_all()->add_filters() = ToFilter(one, level + 1);
      }
      break;
    case Filter::Kind::kAny:
      out.mutable_any();
      for (const Filter& one : filter.filters()) {
        *out.mutable_any()->add_filters() = ToFilter(one, level + 1);
      }
      break;
    case Filter::Kind::kNot:
      for (const Filter& one : filter.filters()) {
        *out.mutable_negation() = ToFilter(one, level + 1);
      }
      break;
    case Filter::Kind::kCompare:
      *out.mutable_compare() = ToComparison(filter);
      break;
  }
  return out;
}

// What is no limit is 0.
double ToLimit(double limit) { return std::isfinite(limit) && limit > 0 ? limit : 0; }
uint32_t ToCount(int32_t count) { return static_cast<uint32_t>(std::max(count, 0)); }

}  // namespace

UserRequest FromProto(const pb::NotifyUser& request) {
  UserRequest out;
  out.user = UserOf(request);
  if (request.has_password()) out.password = request.password();
  out.client_auth = request.has_certificate();
  if (request.certificate().has_subject()) out.principal = request.certificate().subject();
  for (const pb::NameValue& header : request.headers()) {
    out.headers.push_back({header.name(), header.value()});
  }
  out.headers.push_back({"REQUEST_ID", request.request_id()});
  return out;
}

// The names are those of the text protocol, so that a provider sees no difference.
SessionRequest FromProto(const pb::NotifyNewSession& request) {
  SessionRequest out;
  out.user = UserOf(request);
  out.session = request.session();
  out.context = {{"REMOTE_IP", request.remote_ip()},
                 {"REMOTE_PORT", std::to_string(request.remote_port())},
                 {"USER_AGENT", request.user_agent()},
                 {"LOCAL_SERVER", request.local_server()},
                 {"CLIENT_TYPE", request.client_type()},
                 {"REQUEST_ID", request.request_id()}};
  if (!request.forwarding_info().empty()) {
    out.context.push_back({"FORWARDING_INFO", request.forwarding_info()});
  }
  return out;
}

ItemsRequest FromProto(const pb::GetItems& request) {
  return {UserOf(request), request.session(), request.group(), request.data_adapter()};
}

SchemaRequest FromProto(const pb::GetSchema& request) {
  return {UserOf(request), request.session(), request.group(), request.schema(),
          request.data_adapter()};
}

SelectorRequest FromProto(const pb::GetSelector& request) {
  return {UserOf(request),  request.session(),  request.group(),
          request.schema(), request.selector(), request.data_adapter()};
}

UserMessageRequest FromProto(const pb::NotifyUserMessage& request) {
  return {UserOf(request), request.session(), request.message()};
}

TablesRequest FromProto(const pb::NotifyNewTable& request) {
  return {UserOf(request), request.session(), {FromTable(request.table())}};
}

TablesClosedRequest FromProto(const pb::NotifyTableClose& request) {
  return {request.session(), {FromTable(request.table())}};
}

pb::UserProfile ToProto(const UserProfile& profile) {
  pb::UserProfile out;
  out.set_max_bandwidth_kbps(ToLimit(profile.max_bandwidth_kbps));
  out.set_wants_tables(profile.wants_tables);
  return out;
}

pb::Filter ToProto(const Filter& filter) { return ToFilter(filter, 1); }

pb::ItemData ToProto(const ItemLimits& limits) {
  pb::ItemData out;
  SetModes(limits.modes, &out);
  out.set_distinct_snapshot_length(ToCount(limits.distinct_snapshot_length));
  out.set_min_source_frequency(ToLimit(limits.min_source_frequency));
  return out;
}

pb::UserItemData ToProto(const UserItemLimits& limits) {
  pb::UserItemData out;
  SetModes(limits.modes, &out);
  out.set_buffer_size(ToCount(limits.buffer_size));
  out.set_max_frequency(ToLimit(limits.max_frequency));
  return out;
}

}  // namespace penstock::adapter
