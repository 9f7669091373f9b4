// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_table.h"

#include "base/log.h"
#include "session/session_id.h"

namespace penstock::session {

SessionTable::SessionTable(runtime::Shard& shard, const Options& options,
                           kernel::ItemRegistry& items, kernel::FieldRegistry& fields,
                           std::atomic<std::size_t>& session_count)
    : shard_(shard),
      options_(options),
      items_(items),
      session_count_(session_count),
      field_names_(fields, kernel::FieldSource::kClient),
      schemas_(options.diffs),
      pump_(shard, items, options.max_delay) {}

SessionTable::~SessionTable() {
  // Only a process that is ending gets here with sessions: they leave their items in order. Their
  // links are gone already.
  for (const auto& [id, session] : sessions_) session->OnLinkLost();
  CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
}

Session* SessionTable::Find(std::string_view id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second.get();
}

void SessionTable::Open(tlcp::CreateSession request, const ClientProfile& client, OpenReply reply) {
  const AdapterSet* const set = options_.FindSet(request.adapter_set);
  if (closed_) {
    ++counters_.refused;
    reply(tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down"));
    return;
  }
  if (set == nullptr) {
    ++counters_.refused;
    reply(tlcp::MakeError(tlcp::SessionCode::kAdapterSetUnavailable));
    return;
  }
  if (options_.max_sessions != 0 &&
      session_count_.load(std::memory_order_relaxed) >= options_.max_sessions) {
    ++counters_.refused;
    reply(tlcp::MakeError(tlcp::SessionCode::kMaxSessionsReached));
    return;
  }
  session_count_.fetch_add(1, std::memory_order_relaxed);
  OpenQuery query;
  query.session_id = MakeSessionId(shard_.index());
  query.request_id = query.session_id.substr(1, 16);
  query.user = request.user;
  query.password = request.password;
  query.headers = client.headers;
  query.remote_ip = client.ip;
  query.remote_port = client.port;
  query.local_server = client.listener;
  for (const auto& [name, value] : client.headers) {
    if (name == "user-agent") query.user_agent = value;
  }
  query.client_type = request.client_id;
  std::string id = query.session_id;
  set->metadata->OpenSession(
      std::move(query),
      [this, request = std::move(request), id = std::move(id), set, ip = client.ip,
       reply = std::move(reply)](std::variant<OpenGrant, tlcp::Error> result) mutable {
        if (const auto* error = std::get_if<tlcp::Error>(&result)) {
          session_count_.fetch_sub(1, std::memory_order_relaxed);
          ++counters_.refused;
          PENSTOCK_LOG(kSession, kInfo, "session refused", {"adapter_set", set->id},
                       {"user", request.user.value_or("")}, {"client", ip}, {"code", error->code},
                       {"reason", error->message});
          reply(*error);
          return;
        }
        if (closed_) {  // meanwhile
          session_count_.fetch_sub(1, std::memory_order_relaxed);
          ++counters_.refused;
          set->metadata->CloseSession(std::move(id));
          reply(tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down"));
          return;
        }
        PENSTOCK_LOG(kSession, kInfo, "session opened", {"session", id}, {"adapter_set", set->id},
                     {"user", request.user.value_or("")}, {"client", ip},
                     {"version", request.version.ToString()}, {"cause", request.cause});
        Create(std::move(request), std::move(id), *set, std::get<OpenGrant>(result),
               std::move(reply));
      });
}

void SessionTable::Create(tlcp::CreateSession request, std::string id, const AdapterSet& set,
                          OpenGrant grant, OpenReply reply) {
  ++counters_.opened;
  if (request.old_session) CloseOld(*request.old_session);
  SessionProfile profile;
  profile.id = id;
  profile.version = request.version;
  profile.adapter_set = &set;
  profile.user = std::move(request.user);
  profile.grant = grant;
  profile.requested_bandwidth = request.max_bandwidth;
  if (options_.delta_delivery && request.version.HasValueDiffs()) {
    profile.diff_support = {request.allows_json_patch, request.allows_tlcp_diff};
  }
  Session* const session =
      sessions_.emplace(id, std::make_unique<Session>(*this, std::move(profile)))
          .first->second.get();
  if (request.controls.empty()) {
    reply(session);
  } else {
    OpenCombo(std::move(id), std::move(request.controls), std::move(reply));
  }
}

// The control part of a combo request, one after the other: all succeed, or there is no session
// (TLCP §2.6).
void SessionTable::OpenCombo(std::string session_id,
                             std::vector<std::variant<tlcp::Control, tlcp::Message>> controls,
                             OpenReply reply) {
  Session* const session = Find(session_id);
  if (session == nullptr) {
    reply(tlcp::MakeError(tlcp::SessionCode::kComboFailed));
    return;
  }
  if (controls.empty()) {
    reply(session);
    return;
  }
  std::variant<tlcp::Control, tlcp::Message> first = std::move(controls.front());
  controls.erase(controls.begin());
  auto next = [this, session_id, controls = std::move(controls),
               reply = std::move(reply)](std::optional<tlcp::Error> error) mutable {
    if (!error) {
      OpenCombo(std::move(session_id), std::move(controls), std::move(reply));
      return;
    }
    if (Session* const failed = Find(session_id)) failed->Close(std::nullopt);
    reply(tlcp::MakeError(tlcp::SessionCode::kComboFailed,
                          "Unexpected error while initializing the session: " + error->message));
  };
  std::visit([&](auto& request) { session->Handle(std::move(request), std::move(next)); }, first);
}

void SessionTable::CloseOld(const std::string& id) {
  const std::optional<runtime::ShardIndex> at = ShardOfSessionId(id);
  if (!at || *at >= all_.size()) return;
  SessionTable& home = *all_[*at];
  shard_.Mail(home.shard_, [&home, id] {
    if (Session* const old = home.Find(id)) old->Close(std::nullopt);
  });
}

void SessionTable::CloseAll(const tlcp::Error& cause) {
  closed_ = true;
  std::vector<Session*> all;
  for (const auto& [id, session] : sessions_) all.push_back(session.get());
  for (Session* session : all) session->Close(cause);
}

void SessionTable::Retire(Session& session) {
  pump_.Forget(session);
  const auto it = sessions_.find(session.id());
  shard_.DeferDelete(std::move(it->second));
  sessions_.erase(it);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  ++counters_.closed;
}

}  // namespace penstock::session
