// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/ari_metadata_session.h"

#include <charconv>
#include <utility>
#include <vector>

#include "ari/control_messages.h"
#include "ari/exception.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"
#include "guard.h"
#include "over_ari/convert.h"

namespace penstock::adapter {
namespace {

Status ToStatus(const ari::Status& status) {
  if (status.ok()) return {};
  return Error(std::string("malformed request: ") + status.message());
}

Error ConnectionGone() { return Error("the connection to the server is gone"); }

}  // namespace

AriMetadataSession::AriMetadataSession(SessionContext context, const ari::Dialect& dialect,
                                       MetadataProvider* provider, WorkerPool* pool,
                                       SessionOwners* owners)
    : context_(std::move(context)),
      dialect_(dialect),
      provider_(provider),
      pool_(pool),
      owners_(owners) {}

void AriMetadataSession::OnPacket(const ari::PacketHead& head) {
  switch (head.method) {
    case ari::Method::kFst:
    case ari::Method::kFus:
      OnForceAnswer(head);
      return;
    case ari::Method::kNus:
    case ari::Method::kNua:
    case ari::Method::kNns:
    case ari::Method::kNsc:
    case ari::Method::kGis:
    case ari::Method::kGsc:
    case ari::Method::kGit:
    case ari::Method::kGui:
    case ari::Method::kNum:
    case ari::Method::kNnt:
    case ari::Method::kNtc:
    case ari::Method::kMda:
    case ari::Method::kMsa:
    case ari::Method::kMdc:
      calls().Begin();
      pool_->Post([self = shared_from_this(), method = head.method, id = std::string(head.id),
                   args = std::string(head.args)] {
        self->Run(method, id, args);
        self->calls().End();
      });
      context_.cells->requests.Add();  // what is counted has its place
      return;
    default:
      context_.cells->malformed.Add();
      context_.log->Write(LogLevel::kWarning,
                          "ignored a packet of method " + std::string(head.method_text));
      return;
  }
}

void AriMetadataSession::Run(ari::Method method, const std::string& id, const std::string& args) {
  std::string answer;
  const Status status = Guard([&] { return Handle(method, id, args, &answer); });
  if (!status.ok()) {
    answer.clear();
    ari::WriteException(id, method, ToException(status.error(), *context_.log), dialect_, &answer);
  }
  context_.answers->PushAnswer(answer);
}

Status AriMetadataSession::Handle(ari::Method method, const std::string& id, std::string_view args,
                                  std::string* answer) {
  switch (method) {
    case ari::Method::kNus:
    case ari::Method::kNua:
    case ari::Method::kNns:
      return HandleUser(method, id, args, answer);
    case ari::Method::kNsc:
      if (Status s = HandleSessionClose(args); !s) return s;
      break;
    case ari::Method::kGis: {
      ari::ItemsRequest r;
      if (Status s = ToStatus(ari::ParseItems(args, dialect_, &r)); !s) return s;
      const auto items =
          provider_->Items({std::move(r.user), std::move(r.session), std::move(r.group)});
      if (!items) return items.error();
      ari::WriteNamesReply(id, method, *items, dialect_, answer);
      return {};
    }
    case ari::Method::kGsc: {
      ari::SchemaRequest r;
      if (Status s = ToStatus(ari::ParseSchema(args, dialect_, &r)); !s) return s;
      const auto fields = provider_->Schema(
          {std::move(r.user), std::move(r.session), std::move(r.group), std::move(r.schema)});
      if (!fields) return fields.error();
      ari::WriteNamesReply(id, method, *fields, dialect_, answer);
      return {};
    }
    case ari::Method::kGit:
    case ari::Method::kGui:
      return HandleItemData(method, id, args, answer);
    case ari::Method::kNum: {
      ari::UserMessageRequest r;
      if (Status s = ToStatus(ari::ParseUserMessage(args, dialect_, &r)); !s) return s;
      const auto profile =
          provider_->UserMessage({std::move(r.user), std::move(r.session), std::move(r.message)});
      if (!profile) return profile.error();
      break;  // there is no place for a response
    }
    case ari::Method::kNnt:
    case ari::Method::kNtc:
      return HandleTables(method, id, args, answer);
    default:
      return Error("mobile push notifications are not supported");
  }
  ari::WriteVoidReply(id, method, dialect_, answer);
  return {};
}

Status AriMetadataSession::HandleSessionClose(std::string_view args) {
  std::string session;
  if (Status s = ToStatus(ari::ParseSessionClose(args, dialect_, &session)); !s) return s;
  if (owners_ != nullptr) owners_->Forget(session);
  return provider_->SessionClosed(session);
}

Status AriMetadataSession::HandleUser(ari::Method method, const std::string& id,
                                      std::string_view args, std::string* answer) {
  if (method == ari::Method::kNns) {
    ari::NewSessionRequest r;
    if (Status s = ToStatus(ari::ParseNewSession(args, dialect_, &r)); !s) return s;
    // Before the call, so that within it the provider may already speak of the session.
    if (owners_ != nullptr) owners_->Remember(r.session, context_.server);
    const std::string session = r.session;
    const auto profile = Guard([&] {
      return provider_->NewSession(
          {std::move(r.user), std::move(r.session), FromPairs(std::move(r.context))});
    });
    if (!profile && owners_ != nullptr) owners_->Forget(session);
    if (!profile) return profile.error();
    ari::NewSessionAnswer out;
    if (profile->time_to_live_seconds > 0) out.ttl_seconds = profile->time_to_live_seconds;
    ari::WriteNewSessionReply(id, out, dialect_, answer);
    return {};
  }
  ari::NotifyUserRequest r;
  if (Status s = ToStatus(ari::ParseNotifyUser(method, args, dialect_, &r)); !s) return s;
  const auto profile =
      provider_->NotifyUser({std::move(r.user), std::move(r.password), r.client_auth,
                             std::move(r.principal), FromPairs(std::move(r.headers))});
  if (!profile) return profile.error();
  ari::WriteNotifyUserReply(id, method, {profile->max_bandwidth_kbps, profile->wants_tables},
                            dialect_, answer);
  return {};
}

Status AriMetadataSession::HandleItemData(ari::Method method, const std::string& id,
                                          std::string_view args, std::string* answer) {
  if (method == ari::Method::kGit) {
    std::vector<std::string> items;
    if (Status s = ToStatus(ari::ParseItemData(args, dialect_, &items)); !s) return s;
    std::vector<ari::ItemLimits> all;
    for (std::string& item : items) {
      const auto limits = provider_->ItemData({std::move(item)});
      if (!limits) return limits.error();
      all.push_back(
          {limits->distinct_snapshot_length, limits->min_source_frequency, ToModes(limits->modes)});
    }
    ari::WriteItemDataReply(id, all, dialect_, answer);
    return {};
  }
  ari::UserItemDataRequest r;
  if (Status s = ToStatus(ari::ParseUserItemData(args, dialect_, &r)); !s) return s;
  std::vector<ari::UserItemLimits> all;
  for (std::string& item : r.items) {
    const auto limits = provider_->UserItemData({r.user, std::move(item)});
    if (!limits) return limits.error();
    all.push_back({limits->buffer_size, limits->max_frequency, ToModes(limits->modes)});
  }
  ari::WriteUserItemDataReply(id, all, dialect_, answer);
  return {};
}

Status AriMetadataSession::HandleTables(ari::Method method, const std::string& id,
                                        std::string_view args, std::string* answer) {
  if (method == ari::Method::kNtc) {
    ari::TablesCloseRequest r;
    if (Status s = ToStatus(ari::ParseTablesClose(args, dialect_, &r)); !s) return s;
    if (Status s = provider_->TablesClosed({std::move(r.session), FromTables(std::move(r.tables))});
        !s) {
      return s;
    }
    ari::WriteVoidReply(id, method, dialect_, answer);
    return {};
  }
  ari::NewTablesRequest r;
  if (Status s = ToStatus(ari::ParseNewTables(args, dialect_, &r)); !s) return s;
  const auto profile = provider_->NewTables(
      {std::move(r.user), std::move(r.session), FromTables(std::move(r.tables))});
  if (!profile) return profile.error();
  ari::WriteNewTablesReply(id, {profile->enable_unsubscription, profile->wants_statistics},
                           dialect_, answer);
  return {};
}

void AriMetadataSession::EndInput() {
  Asked<OnStatus> terminations;
  Asked<OnDone> unsubscriptions;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    terminations.swap(terminations_);
    unsubscriptions.swap(unsubscriptions_);
  }
  for (auto& [id, on_status] : terminations) on_status(ConnectionGone());
  for (auto& [id, on_done] : unsubscriptions) on_done(ConnectionGone());
}

std::string AriMetadataSession::NextForceId() {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof(digits), next_force_id_++, 16);
  return std::string(digits, result.ptr);
}

std::optional<Error> AriMetadataSession::CannotAsk() const {
  if (ended_) return ConnectionGone();
  if (ari::HasReverseRequests(dialect_.version)) return std::nullopt;
  return Error("the server's protocol version has no such request");
}

void AriMetadataSession::ForceSessionTermination(std::string_view session, std::optional<int> code,
                                                 const NullableString& message,
                                                 OnStatus on_status) {
  std::unique_lock lock(mutex_);
  if (const auto error = CannotAsk()) {
    lock.unlock();
    return on_status(*error);
  }
  const std::string id = NextForceId();
  std::string line;
  ari::WriteForceSessionTermination(id, {std::string(session), code, message}, dialect_, &line);
  terminations_.emplace(id, std::move(on_status));
  context_.answers->PushAnswer(line);
}

void AriMetadataSession::ForceUnsubscription(std::string_view session, int win_index,
                                             OnDone on_done) {
  std::unique_lock lock(mutex_);
  if (const auto error = CannotAsk()) {
    lock.unlock();
    return on_done(*error);
  }
  const std::string id = NextForceId();
  std::string line;
  ari::WriteForceUnsubscription(id, {std::string(session), win_index}, dialect_, &line);
  unsubscriptions_.emplace(id, std::move(on_done));
  context_.answers->PushAnswer(line);
}

template <class F>
F AriMetadataSession::TakeAsked(Asked<F>* asked, const ari::PacketHead& head) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = asked->find(head.id);
    if (at != asked->end()) return std::move(asked->extract(at).mapped());
  }
  context_.cells->malformed.Add();
  context_.log->Write(LogLevel::kWarning, "ignored an answer to no request, of method " +
                                              std::string(head.method_text));
  return {};
}

void AriMetadataSession::OnForceAnswer(const ari::PacketHead& head) {
  if (head.method == ari::Method::kFst) {
    const auto on_status = TakeAsked(&terminations_, head);
    if (!on_status) return;
    ari::Reply<ari::Nothing> reply;
    const ari::Status status = ari::ParseVoidReply(head.method, head.args, dialect_, &reply);
    if (!status.ok()) return on_status(Error(status.message()));
    if (reply.exception) return on_status(FromException(*reply.exception));
    return on_status(Status());
  }
  const auto on_done = TakeAsked(&unsubscriptions_, head);
  if (!on_done) return;
  ari::Reply<bool> reply;
  const ari::Status status = ari::ParseForceUnsubscriptionReply(head.args, dialect_, &reply);
  if (!status.ok()) return on_done(Error(status.message()));
  if (reply.exception) return on_done(FromException(*reply.exception));
  on_done(reply.value);
}

}  // namespace penstock::adapter
