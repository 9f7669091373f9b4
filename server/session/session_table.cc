// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_table.h"

#include "session/session_id.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

SessionTable::SessionTable(runtime::Shard& shard, const Options& options,
                           kernel::ItemRegistry& items, kernel::FieldRegistry& fields,
                           protection::Gate& gate)
    : shard_(shard),
      options_(options),
      items_(items),
      gate_(gate),
      reception_(*this, gate),
      field_names_(fields, kernel::FieldSource::kClient),
      schemas_(options.diffs),
      pump_(shard, items, options) {}

SessionTable::~SessionTable() {
  // Only a process that is ending gets here with sessions: they leave their items in order. Their
  // links are gone already.
  for (const auto& session : sessions_) session->OnLinkLost();
  CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
}

Session* SessionTable::Find(std::string_view id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->get();
}

void SessionTable::End(const std::string& adapter_set, const std::string& id,
                       const tlcp::Error& cause) {
  Session* const session = Find(id);
  if (session == nullptr) {
    reception_.End(adapter_set, id, cause);
  } else if (session->adapter_set().id == adapter_set) {
    session->Close(cause);
  }
}

void SessionTable::Create(tlcp::CreateSession request, std::string id, const AdapterSet& set,
                          OpenGrant grant, protection::Pass pass, OpenReply reply) {
  ++counters_.opened;
  if (request.old_session) CloseOther(*request.old_session, std::nullopt, [] {});
  SessionProfile profile{
      .id = id,
      .version = request.version,
      .adapter_set = set,
      .user = std::move(request.user),
      .grant = std::move(grant),
      .requested_bandwidth = request.max_bandwidth.value_or(tlcp::Bandwidth()),
      .diff_support = {},
  };
  if (options_.delta_delivery && request.version.HasValueDiffs()) {
    profile.diff_support = {request.allows_json_patch, request.allows_tlcp_diff};
  }
  Session* const session =
      sessions_.insert(std::make_unique<Session>(*this, std::move(profile), std::move(pass)))
          .first->get();
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
                              runtime::Task done, std::optional<std::string> adapter_set) {
  const std::optional<runtime::ShardIndex> at = ShardOf(id);
  if (!at) {
    done();
    return;
  }
  SessionTable& home = *all_[*at];
  shard_.Mail(home.shard_, [this, &home, id, cause = std::move(cause), done = std::move(done),
                            adapter_set = std::move(adapter_set)]() mutable {
    Session* const other = home.Find(id);
    if (other != nullptr && (!adapter_set || other->adapter_set().id == *adapter_set)) {
      other->Close(cause);
    }
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
  reception_.Close();
  std::vector<Session*> all;
  for (const auto& session : sessions_) all.push_back(session.get());
  for (Session* session : all) session->Close(cause);
}

void SessionTable::Retire(Session& session) {
  pump_.Forget(session);
  shard_.DeferDelete(std::move(sessions_.extract(sessions_.find(session.id())).value()));
  ++counters_.closed;
}

}  // namespace penstock::session
