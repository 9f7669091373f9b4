// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/remote_metadata.h"

#include <chrono>
#include <utility>

#include "adapters/remote/failure_translation.h"
#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

// How long all others wait at most for a new remote adapter that is still being told of ends.
constexpr auto kPatience = std::chrono::seconds(5);

}  // namespace

using session::OpenGrant;
using session::OpenQuery;
using tlcp::MakeError;

struct RemoteMetadata::Opening {
  OpenQuery query;
  session::Reply<OpenGrant> reply;
  runtime::Shard* home;
  OpenGrant grant;
};

RemoteMetadata::RemoteMetadata(Place place, const config::AdapterSet& set)
    : place_(place),
      settings_(*set.metadata_adapter),
      authentications_(settings_.authentication_max_pending, settings_.authentication_max_queue),
      messages_(settings_.messages_max_pending, settings_.messages_max_queue),
      requests_(settings_.requests_max_pending, settings_.requests_max_queue),
      order_(settings_.sequentialize_table_notifications),
      cache_(settings_),
      reverse_calls_({place.control, place.shard, place.counters}, set.id, settings_.proxy.name),
      gates_(set, requests_),
      closes_({place.shard, place.counters, order_, requests_, gates_}, settings_,
              [this] { Release(); }),
      authorizer_({place.courier, place.shard, place.counters, cache_, closes_, reverse_calls_,
                   order_, gates_}),
      patience_([](void* self) { static_cast<RemoteMetadata*>(self)->Release(); }, this) {}

RemoteMetadata::~RemoteMetadata() = default;

void RemoteMetadata::Connect(MetadataLink* link) {
  link_ = link;
  closes_.Connect(link);
  authorizer_.Connect(link);
}

void RemoteMetadata::Answer(OpeningPtr opening, std::variant<OpenGrant, tlcp::Error> answer) {
  runtime::Shard& home = *opening->home;
  place_.courier.Send(home, [reply = std::move(opening->reply),
                             answer = std::move(answer)]() mutable { reply(std::move(answer)); });
}

// --- Sessions

void RemoteMetadata::OpenSession(const OpenQuery& query, session::Reply<OpenGrant> reply) {
  runtime::Shard* const home = place_.courier.Here();
  PENSTOCK_CHECK(home != nullptr);
  auto opening = std::make_unique<Opening>(Opening{query, std::move(reply), home, OpenGrant()});
  place_.courier.Send(place_.shard, [this, opening = std::move(opening)]() mutable {
    StartOpening(std::move(opening));
  });
}

void RemoteMetadata::StartOpening(OpeningPtr opening) {
  const OpenQuery& query = opening->query;
  if (query.grant) {
    opening->grant = *query.grant;
    opening->grant.conflict.reset();
    NotifySession(std::move(opening));
    return;
  }
  if (authentications_.full()) {
    TurnAway(std::move(opening));
    return;
  }
  authentications_.Enter([this, opening = std::move(opening)]() mutable {
    const OpenQuery& asked = opening->query;
    link_->NotifyUser(asked,
                      [this, opening = std::move(opening)](Outcome<UserProfile> outcome) mutable {
                        OnUser(std::move(opening), std::move(outcome));
                        authentications_.Leave();
                      });
  });
}

void RemoteMetadata::TurnAway(OpeningPtr opening) {
  place_.counters.requests_turned_away.Add();
  Answer(std::move(opening), MakeError(tlcp::SessionCode::kOverloaded));
}

void RemoteMetadata::OnUser(OpeningPtr opening, Outcome<UserProfile> outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    Answer(std::move(opening), OpenError(*failure));
    return;
  }
  const auto& profile = std::get<UserProfile>(outcome);
  opening->grant.max_bandwidth_kbps = profile.max_bandwidth_kbps;
  opening->grant.wants_tables = profile.wants_tables;
  NotifySession(std::move(opening));
}

void RemoteMetadata::NotifySession(OpeningPtr opening) {
  if (requests_.full()) {
    TurnAway(std::move(opening));
    return;
  }
  requests_.Enter([this, opening = std::move(opening)]() mutable {
    const OpenQuery& query = opening->query;
    reverse_calls_.BeforeSession(query.session_id);
    link_->NotifyNewSession(
        query, [this, opening = std::move(opening)](Outcome<SessionProfile> session) mutable {
          const std::string session_id = opening->query.session_id;
          OnSession(std::move(opening), std::move(session));
          reverse_calls_.OnSessionTold(session_id);  // behind the answer
          requests_.Leave();
        });
  });
}

void RemoteMetadata::OnSession(OpeningPtr opening, Outcome<SessionProfile> outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    // The remote adapter may have taken the session in, only nobody will have it.
    if (failure->may_be_done) closes_.CloseSession(opening->query.session_id);
    if (failure->kind == FailureKind::kConflict) {
      OpenGrant grant = opening->grant;
      grant.conflict = std::make_shared<session::SessionConflict>(
          session::SessionConflict{failure->other_session, OpenError(*failure)});
      Answer(std::move(opening), std::move(grant));
      return;
    }
    Answer(std::move(opening), OpenError(*failure));
    return;
  }
  cache_.OnSession(opening->query.user);
  const int ttl = std::get<SessionProfile>(outcome).ttl_seconds;
  if (ttl > 0) opening->grant.time_to_live = std::chrono::seconds(ttl);
  OpenGrant grant = opening->grant;
  Answer(std::move(opening), std::move(grant));
}

tlcp::Error RemoteMetadata::OpenError(const Failure& failure) const {
  if (failure.kind != FailureKind::kDisconnected) return OpenSessionError(failure);
  // Lost to a standby that has taken over: nobody is away.
  if (link_->ready()) return MakeError(tlcp::SessionCode::kMetadataUnavailable);
  switch (settings_.notify_user_on_disconnection) {
    case config::NotifyUserOnDisconnection::kForceRetry:
      return MakeError(tlcp::SessionCode::kMetadataUnavailable);
    case config::NotifyUserOnDisconnection::kSendCode:
      return tlcp::MakeCustomError(settings_.notify_user_disconnection_code,
                                   settings_.notify_user_disconnection_message);
    case config::NotifyUserOnDisconnection::kFail:
      break;
  }
  return MakeError(tlcp::SessionCode::kMetadataException);
}

void RemoteMetadata::CloseSession(std::string session_id, UserName user) {
  place_.courier.Send(place_.shard,
                      [this, session_id = std::move(session_id), user = std::move(user)] {
                        cache_.OnSessionEnd(user);
                        link_->DropQuestions(session_id);
                        closes_.CloseSession(session_id);
                      });
}

void RemoteMetadata::CloseTable(std::string session_id, session::Table table) {
  place_.courier.Send(place_.shard, [this, notice = CloseNotice{std::move(session_id),
                                                                std::move(table)}]() mutable {
    closes_.CloseTable(std::move(notice));
  });
}

// --- Messages

void RemoteMetadata::SendMessage(session::MessageQuery query,
                                 session::Reply<session::MessageOutcome> reply) {
  runtime::Shard* const home = place_.courier.Here();
  PENSTOCK_CHECK(home != nullptr);
  auto answer = [this, home, reply = std::move(reply)](
                    std::variant<session::MessageOutcome, tlcp::Error> outcome) mutable {
    place_.courier.Send(*home, [reply = std::move(reply), outcome = std::move(outcome)]() mutable {
      reply(std::move(outcome));
    });
  };
  place_.courier.Send(place_.shard,
                      [this, query = std::move(query), answer = std::move(answer)]() mutable {
                        StartMessage(std::move(query), std::move(answer));
                      });
}

void RemoteMetadata::StartMessage(session::MessageQuery query,
                                  session::Reply<session::MessageOutcome> answer) {
  if (messages_.full()) {
    place_.counters.requests_turned_away.Add();
    answer(MakeError(tlcp::RequestCode::kMessageException, kTooManyRequests));
    return;
  }
  messages_.Enter([this, query = std::move(query), answer = std::move(answer)]() mutable {
    link_->NotifyUserMessage(query, [this, answer = std::move(answer)](
                                        Outcome<session::MessageOutcome> outcome) mutable {
      if (const auto* failure = std::get_if<Failure>(&outcome)) {
        answer(MessageError(*failure));
      } else {
        answer(std::move(std::get<session::MessageOutcome>(outcome)));
      }
      messages_.Leave();
    });
  });
}

// --- The link

// A new remote adapter is told first of the ends that it may not know of: one that lets a user in
// once only would refuse him else.
void RemoteMetadata::OnReady() {
  cache_.OnNewRemote();
  Hold();
  closes_.OnReady();
}

// Where one that stood by has taken over, what waits must not come to it before OnReady().
void RemoteMetadata::OnLost() {
  closes_.OnLost();
  if (link_->ready()) {
    Hold();
  } else {
    Release();
  }
}

void RemoteMetadata::Hold() {
  place_.shard.wheel().Arm(patience_, place_.shard.now() + kPatience);
  for (RequestGate* const gate : {&authentications_, &requests_, &messages_}) gate->Hold();
  gates_.Hold();
}

void RemoteMetadata::Release() {
  patience_.Cancel();
  // The ends that wait go before those who come.
  requests_.Release();
  gates_.Release();
  for (RequestGate* const gate : {&authentications_, &messages_}) gate->Release();
}

}  // namespace penstock::adapters
