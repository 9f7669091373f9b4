// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/remote_metadata.h"

#include <utility>

#include "adapters/grant_rules.h"
#include "adapters/remote/failure_translation.h"
#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

using session::OpenGrant;
using session::OpenQuery;
using session::SubscribeGrant;
using session::SubscribeQuery;
using tlcp::MakeError;
using tlcp::RequestCode;

struct RemoteMetadata::Opening {
  OpenQuery query;
  session::Reply<OpenGrant> reply;
  runtime::Shard* home;
  OpenGrant grant;
};

struct RemoteMetadata::Authorization {
  SubscribeQuery query;
  session::Reply<SubscribeGrant> reply;
  runtime::Shard* home;
  SubscribeGrant grant;
  // Of each item; the second and third from the cache or from the answers.
  std::vector<ItemData> item_data;
  std::vector<UserItemData> user_item_data;
};

RemoteMetadata::RemoteMetadata(Place place, const std::string& adapter_set,
                               const config::MetadataAdapter& settings)
    : courier_(place.courier),
      shard_(place.shard),
      settings_(settings),
      reverse_calls_({place.control, place.shard, place.counters}, adapter_set,
                     settings.proxy.name) {}

RemoteMetadata::~RemoteMetadata() = default;

template <class Question, class T>
void RemoteMetadata::Answer(std::unique_ptr<Question> question,
                            std::variant<T, tlcp::Error> answer) {
  runtime::Shard& home = *question->home;
  courier_.Send(home, [reply = std::move(question->reply), answer = std::move(answer)]() mutable {
    reply(std::move(answer));
  });
}

// --- Sessions

void RemoteMetadata::OpenSession(OpenQuery query, session::Reply<OpenGrant> reply) {
  runtime::Shard* const home = courier_.Here();
  PENSTOCK_CHECK(home != nullptr);
  auto opening =
      std::make_unique<Opening>(Opening{std::move(query), std::move(reply), home, OpenGrant()});
  courier_.Send(
      shard_, [this, opening = std::move(opening)]() mutable { StartOpening(std::move(opening)); });
}

void RemoteMetadata::StartOpening(OpeningPtr opening) {
  const OpenQuery& query = opening->query;
  if (query.grant) {
    opening->grant = *query.grant;
    opening->grant.conflict.reset();
    NotifySession(std::move(opening));
    return;
  }
  link_->NotifyUser(query,
                    [this, opening = std::move(opening)](Outcome<UserProfile> outcome) mutable {
                      OnUser(std::move(opening), std::move(outcome));
                    });
}

void RemoteMetadata::OnUser(OpeningPtr opening, Outcome<UserProfile> outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    Answer<Opening, OpenGrant>(std::move(opening), OpenError(*failure));
    return;
  }
  const auto& profile = std::get<UserProfile>(outcome);
  opening->grant.max_bandwidth_kbps = profile.max_bandwidth_kbps;
  opening->grant.wants_tables = profile.wants_tables;
  NotifySession(std::move(opening));
}

void RemoteMetadata::NotifySession(OpeningPtr opening) {
  const OpenQuery& query = opening->query;
  reverse_calls_.BeforeSession(query.session_id);
  link_->NotifyNewSession(
      query, [this, opening = std::move(opening)](Outcome<SessionProfile> session) mutable {
        const std::string session_id = opening->query.session_id;
        OnSession(std::move(opening), std::move(session));
        reverse_calls_.OnSessionTold(session_id);  // behind the answer
      });
}

void RemoteMetadata::OnSession(OpeningPtr opening, Outcome<SessionProfile> outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    // The remote adapter may have taken the session in, only too late.
    if (failure->kind == FailureKind::kTimeout) SendSessionClose(opening->query.session_id);
    if (failure->kind == FailureKind::kConflict) {
      OpenGrant grant = opening->grant;
      grant.conflict = std::make_shared<session::SessionConflict>(
          session::SessionConflict{failure->other_session, OpenError(*failure)});
      Answer<Opening, OpenGrant>(std::move(opening), std::move(grant));
      return;
    }
    Answer<Opening, OpenGrant>(std::move(opening), OpenError(*failure));
    return;
  }
  const int ttl = std::get<SessionProfile>(outcome).ttl_seconds;
  if (ttl > 0) opening->grant.time_to_live = std::chrono::seconds(ttl);
  OpenGrant grant = opening->grant;
  Answer<Opening, OpenGrant>(std::move(opening), std::move(grant));
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

void RemoteMetadata::CloseSession(std::string session_id) {
  courier_.Send(shard_, [this, session_id = std::move(session_id)] {
    const auto it = tables_.find(session_id);
    if (it != tables_.end()) {
      it->second.session_closed = true;
    } else {
      SendSessionClose(session_id);
    }
  });
}

void RemoteMetadata::SendSessionClose(const std::string& session_id) {
  link_->NotifySessionClose(session_id, [this, session_id](Outcome<Void> outcome) {
    LogIgnored("the end of a session was not noted by the metadata adapter", session_id, outcome);
  });
}

// While no remote adapter is there, thousands of sessions may end: that is no news.
void RemoteMetadata::LogIgnored(std::string_view what, const std::string& session_id,
                                const Outcome<Void>& outcome) const {
  const auto* const failure = std::get_if<Failure>(&outcome);
  if (failure == nullptr || failure->kind == FailureKind::kDisconnected) return;
  PENSTOCK_LOG(kAdapter, kWarn, what, {"proxy", settings_.proxy.name}, {"session", session_id},
               {"error", failure->message});
}

// --- Subscriptions

void RemoteMetadata::Authorize(SubscribeQuery query, session::Reply<SubscribeGrant> reply) {
  runtime::Shard* const home = courier_.Here();
  PENSTOCK_CHECK(home != nullptr);
  auto question = std::make_unique<Authorization>(
      Authorization{std::move(query), std::move(reply), home, SubscribeGrant(), {}, {}});
  courier_.Send(shard_, [this, question = std::move(question)]() mutable {
    ResolveItems(std::move(question));
  });
}

void RemoteMetadata::ResolveItems(AuthorizationPtr question) {
  const SubscribeQuery& query = question->query;
  if (query.table.selector) {  // ari.md §3.15: nobody could be asked what it selects
    Answer<Authorization, SubscribeGrant>(std::move(question),
                                          MakeError(RequestCode::kInvalidSelector));
    return;
  }
  if (!query.table.items.empty()) {
    question->grant.items = query.table.items;
    ResolveSchema(std::move(question));
    return;
  }
  link_->GetItems(
      query.user, query.session_id, query.table.group,
      [this, question = std::move(question)](Outcome<std::vector<std::string>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Answer<Authorization, SubscribeGrant>(std::move(question), ItemsError(*failure));
          return;
        }
        question->grant.items = std::move(std::get<std::vector<std::string>>(outcome));
        if (question->grant.items.empty()) {  // ari.md §3.5
          Answer<Authorization, SubscribeGrant>(std::move(question),
                                                MakeError(RequestCode::kInvalidGroup));
          return;
        }
        ResolveSchema(std::move(question));
      });
}

void RemoteMetadata::ResolveSchema(AuthorizationPtr question) {
  const SubscribeQuery& query = question->query;
  link_->GetSchema(
      query.user, query.session_id, query.table.group, query.table.schema,
      [this, question = std::move(question)](Outcome<std::vector<std::string>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Answer<Authorization, SubscribeGrant>(std::move(question), SchemaError(*failure));
          return;
        }
        question->grant.fields = std::move(std::get<std::vector<std::string>>(outcome));
        if (question->grant.fields.empty()) {
          Answer<Authorization, SubscribeGrant>(std::move(question),
                                                MakeError(RequestCode::kInvalidSchema));
          return;
        }
        FetchItemData(std::move(question));
      });
}

void RemoteMetadata::FetchItemData(AuthorizationPtr question) {
  const std::vector<std::string>& items = question->grant.items;
  question->item_data.resize(items.size());
  std::vector<std::string> unknown;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const ItemData* const known = cache_.FindItem(items[i])) {
      question->item_data[i] = *known;
    } else {
      unknown.push_back(items[i]);
      positions.push_back(i);
    }
  }
  if (unknown.empty()) {
    FetchUserItemData(std::move(question));
    return;
  }
  link_->GetItemData(
      unknown, [this, positions = std::move(positions),
                question = std::move(question)](Outcome<std::vector<ItemData>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Answer<Authorization, SubscribeGrant>(std::move(question), ItemDataError(*failure));
          return;
        }
        const auto& data = std::get<std::vector<ItemData>>(outcome);
        for (std::size_t i = 0; i < positions.size(); ++i) {
          question->item_data[positions[i]] = data[i];
          cache_.PutItem(question->grant.items[positions[i]], data[i]);
        }
        FetchUserItemData(std::move(question));
      });
}

void RemoteMetadata::FetchUserItemData(AuthorizationPtr question) {
  const std::vector<std::string>& items = question->grant.items;
  const UserName& user = question->query.user;
  question->user_item_data.resize(items.size());
  std::vector<std::string> unknown;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const UserItemData* const known = cache_.FindUserItem(user, items[i], shard_.now())) {
      question->user_item_data[i] = *known;
    } else {
      unknown.push_back(items[i]);
      positions.push_back(i);
    }
  }
  if (unknown.empty()) {
    CheckModes(std::move(question));
    return;
  }
  link_->GetUserItemData(
      user, unknown,
      [this, positions = std::move(positions),
       question = std::move(question)](Outcome<std::vector<UserItemData>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Answer<Authorization, SubscribeGrant>(std::move(question), ItemDataError(*failure));
          return;
        }
        const auto& data = std::get<std::vector<UserItemData>>(outcome);
        for (std::size_t i = 0; i < positions.size(); ++i) {
          question->user_item_data[positions[i]] = data[i];
          cache_.PutUserItem(question->query.user, question->grant.items[positions[i]], data[i],
                             shard_.now());
        }
        CheckModes(std::move(question));
      });
}

void RemoteMetadata::CheckModes(AuthorizationPtr question) {
  const SubscribeQuery& query = question->query;
  for (std::size_t i = 0; i < question->item_data.size(); ++i) {
    const ItemData& data = question->item_data[i];
    const UserItemData& mine = question->user_item_data[i];
    const session::ItemLimits limits{data.distinct_snapshot_length, data.min_source_frequency,
                                     mine.buffer_size, mine.max_frequency, KeptMode(data.modes)};
    const ModeSet allowed = data.modes & mine.modes;
    if (const auto refusal = RefusalOf(query.table.mode, query.unfiltered, allowed, limits)) {
      Answer<Authorization, SubscribeGrant>(std::move(question), MakeError(*refusal));
      return;
    }
    question->grant.limits.push_back(limits);
  }
  if (query.wants_tables) {
    OpenTable(std::move(question));
    return;
  }
  SubscribeGrant grant = std::move(question->grant);
  Answer<Authorization, SubscribeGrant>(std::move(question), std::move(grant));
}

// --- Messages

void RemoteMetadata::SendMessage(session::MessageQuery query,
                                 session::Reply<session::MessageOutcome> reply) {
  runtime::Shard* const home = courier_.Here();
  PENSTOCK_CHECK(home != nullptr);
  courier_.Send(shard_, [this, home, query = std::move(query), reply = std::move(reply)]() mutable {
    link_->NotifyUserMessage(query, [this, home, reply = std::move(reply)](
                                        Outcome<session::MessageOutcome> outcome) mutable {
      std::variant<session::MessageOutcome, tlcp::Error> answer;
      if (const auto* failure = std::get_if<Failure>(&outcome)) {
        answer = MessageError(*failure);
      } else {
        answer = std::move(std::get<session::MessageOutcome>(outcome));
      }
      courier_.Send(*home, [reply = std::move(reply), answer = std::move(answer)]() mutable {
        reply(std::move(answer));
      });
    });
  });
}

// --- Tables

void RemoteMetadata::OpenTable(AuthorizationPtr question) {
  SubscribeQuery& query = question->query;
  query.table.items = question->grant.items;
  ++tables_[query.session_id].count;
  reverse_calls_.BeforeTable(query.session_id, query.table.win_index);
  link_->NotifyNewTable(
      query.user, query.session_id, query.table,
      [this, question = std::move(question)](Outcome<TableProfile> outcome) mutable {
        const std::string session_id = question->query.session_id;
        const int win_index = question->query.table.win_index;
        OnTable(std::move(question), outcome);
        reverse_calls_.OnTableTold(session_id, win_index);  // behind the answer
      });
}

void RemoteMetadata::OnTable(AuthorizationPtr question, const Outcome<TableProfile>& outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    TableDone(question->query.session_id);
    Answer<Authorization, SubscribeGrant>(std::move(question), TableError(*failure));
    return;
  }
  const auto& profile = std::get<TableProfile>(outcome);
  SubscribeGrant grant = std::move(question->grant);
  grant.table_open = true;
  grant.enable_unsubscription = profile.enable_unsubscription;
  grant.wants_final_statistics = profile.wants_final_statistics;
  Answer<Authorization, SubscribeGrant>(std::move(question), std::move(grant));
}

void RemoteMetadata::CloseTable(std::string session_id, session::Table table) {
  courier_.Send(shard_, [this, session_id = std::move(session_id), table = std::move(table)] {
    SendTableClose(session_id, table);
  });
}

void RemoteMetadata::SendTableClose(const std::string& session_id, const session::Table& table) {
  link_->NotifyTableClose(session_id, table, [this, session_id](Outcome<Void> outcome) {
    LogIgnored("the end of a subscription was not noted by the metadata adapter", session_id,
               outcome);
    TableDone(session_id);
  });
}

void RemoteMetadata::TableDone(const std::string& session_id) {
  const auto it = tables_.find(session_id);
  if (it == tables_.end()) return;
  if (--it->second.count > 0) return;
  const bool close = it->second.session_closed;
  tables_.erase(it);
  if (close) SendSessionClose(session_id);
}

// --- The link

// A new process may have other rules.
void RemoteMetadata::OnReady() { cache_.Clear(); }

void RemoteMetadata::OnLost() { cache_.Clear(); }

}  // namespace penstock::adapters
