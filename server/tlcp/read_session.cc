// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/parse_number.h"
#include "tlcp/request_fields.h"

// create_session (section 2.1), bind_session (2.2) and heartbeat (3.12).
namespace penstock::tlcp {
namespace {

LinkOptions ReadLinkOptions(RequestFields& fields) {
  LinkOptions link;
  link.content_length = fields.OptionalInteger("LS_content_length", 0, INT64_MAX);
  link.reduce_head = fields.Flag("LS_reduce_head", false);
  // The parameters of the other kind of connection are ignored, whatever they say.
  if (fields.Flag("LS_polling", false)) {
    const std::optional<Millis> interval = fields.OptionalMillis("LS_polling_millis");
    if (!interval) fields.FailMissing("LS_polling_millis");
    link.polling = LinkOptions::Polling{
        interval.value_or(Millis(0)), fields.OptionalMillis("LS_idle_millis").value_or(Millis(0))};
    return link;
  }
  link.keepalive = fields.OptionalMillis("LS_keepalive_millis");
  link.inactivity = fields.OptionalMillis("LS_inactivity_millis");
  link.send_sync = fields.Flag("LS_send_sync", true);
  return link;
}

CreateSession::Ttl ReadTtl(RequestFields& fields) {
  // Legacy clients say LS_ttl.
  const std::string_view name = fields.Find("LS_ttl_millis") ? "LS_ttl_millis" : "LS_ttl";
  const std::string_view value = fields.Find(name).value_or("unknown");
  if (value == "unknown") return {};
  if (value == "unlimited") return {CreateSession::Ttl::Kind::kUnlimited, Millis(0)};
  return {CreateSession::Ttl::Kind::kMillis, fields.OptionalMillis(name).value_or(Millis(0))};
}

// A comma list of tags; absent means every kind, empty none. Tags of kinds we do not know do not
// matter.
bool AllowsDiff(const RequestFields& fields, std::string_view tag) {
  const std::optional<std::string_view> list = fields.Find("LS_supported_diffs");
  if (!list) return true;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (rest.substr(0, comma) == tag) return true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return false;
}

}  // namespace

CreateSession ReadCreateSession(RequestFields& fields) {
  CreateSession create;
  create.client_id = fields.RequiredText("LS_cid");
  create.user = fields.OptionalText("LS_user");
  create.password = fields.OptionalText("LS_password");
  create.adapter_set = fields.TextOr("LS_adapter_set", create.adapter_set);
  create.max_bandwidth = fields.OptionalBandwidth("LS_requested_max_bandwidth");
  create.allows_json_patch = AllowsDiff(fields, "P");
  create.allows_tlcp_diff = AllowsDiff(fields, "T");
  create.link = ReadLinkOptions(fields);
  create.ttl = ReadTtl(fields);
  create.old_session = fields.OptionalId("LS_old_session");
  create.cause = fields.TextOr("LS_cause", "");
  return create;
}

BindSession ReadBindSession(RequestFields& fields) {
  BindSession bind;
  bind.session_id = ReadSessionId(fields);
  if (const auto from = fields.OptionalInteger("LS_recovery_from", 0, INT64_MAX)) {
    bind.recovery_from = static_cast<std::uint64_t>(*from);
  }
  bind.link = ReadLinkOptions(fields);
  bind.cause = fields.TextOr("LS_cause", "");
  return bind;
}

Heartbeat ReadHeartbeat(RequestFields& fields) { return {ReadSessionId(fields)}; }

}  // namespace penstock::tlcp
