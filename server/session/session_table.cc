// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_table.h"

#include "base/log.h"
#include "session/session_id.h"
#include "tlcp/line_writer.h"

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
  if (full()) {
    ++counters_.refused;
    reply(tlcp::MakeError(tlcp::SessionCode::kMaxSessionsReached));
    return;
  }
  session_count_.fetch_add(1, std::memory_order_relaxed);
  auto opening = std::make_unique<Opening>();
  OpenQuery& query = opening->query;
  query.user = request.user;
  query.password = request.password;
  query.headers = client.headers;
  query.remote_ip = client.ip;
  query.remote_port = client.port;
  query.local_server = client.listener;
  query.forwarding_info = client.forwarding_info;
  query.certificate = client.certificate;
  for (const auto& [name, value] : client.headers) {
    if (name == "user-agent") query.user_agent = value;
  }
  query.client_type = request.client_id;
  opening->request = std::move(request);
  opening->set = set;
  opening->reply = std::move(reply);
  AskToOpen(std::move(opening));
}

void SessionTable::AskToOpen(std::unique_ptr<Opening> opening) {
  OpenQuery& query = opening->query;
  query.session_id = MakeSessionId({options_.node, shard_.index()});
  if (query.request_id.empty()) query.request_id = query.session_id.substr(1, 16);
  MetadataPort& metadata = *opening->set->metadata;
  OpenQuery asked = query;
  metadata.OpenSession(std::move(asked), [this, opening = std::move(opening)](
                                             std::variant<OpenGrant, tlcp::Error> result) mutable {
    if (auto* error = std::get_if<tlcp::Error>(&result)) {
      RefuseOpening(*opening, std::move(*error));
    } else if (auto& grant = std::get<OpenGrant>(result); grant.conflict != nullptr) {
      ResolveConflict(std::move(opening), std::move(grant));
    } else {
      FinishOpening(std::move(opening), std::move(grant));
    }
  });
}

void SessionTable::RefuseOpening(Opening& opening, tlcp::Error error) {
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  ++counters_.refused;
  PENSTOCK_LOG(kSession, kInfo, "session refused", {"adapter_set", opening.set->id},
               {"user", opening.query.user.value_or("")}, {"client", opening.query.remote_ip},
               {"code", error.code}, {"reason", error.message});
  opening.reply(std::move(error));
}

// The other session is closed, on whatever shard it lives, then the Metadata Adapter is asked again
// (ari.md §3.3).
void SessionTable::ResolveConflict(std::unique_ptr<Opening> opening, OpenGrant grant) {
  constexpr int kMostConflicts = 10;  // an adapter that never has enough
  const std::shared_ptr<const SessionConflict> conflict = std::move(grant.conflict);
  if (++opening->conflicts > kMostConflicts || !ShardOf(conflict->session_id)) {
    RefuseOpening(*opening, conflict->refusal);
    return;
  }
  ++counters_.conflicts;
  opening->query.grant = std::move(grant);  // without the conflict
  CloseOther(conflict->session_id, tlcp::MakeError(tlcp::SessionCode::kReplacedByNewerSession),
             [this, opening = std::move(opening)]() mutable { AskToOpen(std::move(opening)); });
}

void SessionTable::FinishOpening(std::unique_ptr<Opening> opening, OpenGrant grant) {
  std::string id = std::move(opening->query.session_id);
  if (closed_) {  // meanwhile
    opening->set->metadata->CloseSession(std::move(id));
    RefuseOpening(*opening,
                  tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down"));
    return;
  }
  const tlcp::CreateSession& request = opening->request;
  PENSTOCK_LOG(kSession, kInfo, "session opened", {"session", id},
               {"adapter_set", opening->set->id}, {"user", request.user.value_or("")},
               {"client", opening->query.remote_ip}, {"version", request.version.ToString()},
               {"cause", request.cause});
  Create(std::move(opening->request), std::move(id), *opening->set, std::move(grant),
         std::move(opening->reply));
}

void SessionTable::Create(tlcp::CreateSession request, std::string id, const AdapterSet& set,
                          OpenGrant grant, OpenReply reply) {
  ++counters_.opened;
  if (request.old_session) CloseOther(*request.old_session, std::nullopt, [] {});
  SessionProfile profile;
  profile.id = id;
  profile.version = request.version;
  profile.adapter_set = &set;
  profile.user = std::move(request.user);
  profile.grant = std::move(grant);
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

void SessionTable::CloseOther(const std::string& id, std::optional<tlcp::Error> cause,
                              runtime::Task done) {
  const std::optional<runtime::ShardIndex> at = ShardOf(id);
  if (!at) {
    done();
    return;
  }
  SessionTable& home = *all_[*at];
  shard_.Mail(home.shard_,
              [this, &home, id, cause = std::move(cause), done = std::move(done)]() mutable {
                if (Session* const other = home.Find(id)) other->Close(cause);
                home.shard_.Mail(shard_, std::move(done));
              });
}

std::optional<runtime::ShardIndex> SessionTable::ShardOf(std::string_view id) const {
  const std::optional<SessionAddress> address = AddressOfSessionId(id);
  if (!address || address->node != options_.node || address->shard >= all_.size()) {
    return std::nullopt;
  }
  return address->shard;
}

bool SessionTable::IsElsewhere(std::string_view id) const {
  const std::optional<SessionAddress> address = AddressOfSessionId(id);
  return address && address->node != options_.node;
}

tlcp::Error SessionTable::MissingError(std::string_view id) const {
  return tlcp::MakeError(IsElsewhere(id) ? tlcp::RequestCode::kSessionElsewhere
                                         : tlcp::RequestCode::kSessionNotFound);
}

void SessionTable::AppendMissing(std::string_view id, std::string& lines) const {
  if (const tlcp::Error* const cause = obituaries_.Find(id, shard_.now())) {
    tlcp::AppendEnd(*cause, lines);
    return;
  }
  tlcp::AppendConErr(tlcp::MakeError(IsElsewhere(id) ? tlcp::SessionCode::kSessionElsewhere
                                                     : tlcp::SessionCode::kSessionNotFound),
                     lines);
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
