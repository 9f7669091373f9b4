// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/authorizer.h"

#include <utility>

#include "adapters/grant_rules.h"
#include "adapters/remote/failure_translation.h"
#include "base/check.h"

namespace penstock::adapters {

using session::SubscribeGrant;
using session::SubscribeQuery;
using tlcp::MakeError;
using tlcp::RequestCode;

struct Authorizer::Question {
  SubscribeQuery query;
  session::Reply<SubscribeGrant> reply;
  runtime::Shard* home;
  RequestGate* gate = nullptr;  // while it holds a place in one
  SubscribeGrant grant{};
  // Of each item; from the cache or from the answers.
  std::vector<ItemData> item_data{};
  std::vector<UserItemData> user_item_data{};
};

Authorizer::Authorizer(Place place) : place_(place) {}

void Authorizer::Authorize(SubscribeQuery query, session::Reply<SubscribeGrant> reply) {
  runtime::Shard* const home = place_.courier.Here();
  PENSTOCK_CHECK(home != nullptr);
  auto question = std::make_unique<Question>(Question{std::move(query), std::move(reply), home});
  place_.courier.Send(place_.shard, [this, question = std::move(question)]() mutable {
    Start(std::move(question));
  });
}

void Authorizer::Start(QuestionPtr question) {
  const SubscribeQuery& query = question->query;
  // From now on the end of the session waits for what becomes of this.
  if (query.wants_tables) place_.closes.BeforeTable(query.session_id);
  RequestGate& gate = place_.gates.Of(query.table.data_adapter);
  if (gate.full()) {
    TurnAway(std::move(question));
    return;
  }
  gate.Enter([this, &gate, question = std::move(question)]() mutable {
    question->gate = &gate;
    ResolveItems(std::move(question));
  });
}

void Authorizer::TurnAway(QuestionPtr question) {
  place_.counters.requests_turned_away.Add();
  Refuse(std::move(question), MakeError(RequestCode::kInternalError, kTooManyRequests));
}

void Authorizer::LeaveGate(Question& question) {
  if (RequestGate* const gate = std::exchange(question.gate, nullptr)) gate->Leave();
}

void Authorizer::Refuse(QuestionPtr question, tlcp::Error error) {
  LeaveGate(*question);
  if (question->query.wants_tables) place_.closes.OnTableRefused(question->query.session_id);
  Answer(std::move(question), std::move(error));
}

void Authorizer::Answer(QuestionPtr question, std::variant<SubscribeGrant, tlcp::Error> answer) {
  runtime::Shard& home = *question->home;
  place_.courier.Send(home, [reply = std::move(question->reply),
                             answer = std::move(answer)]() mutable { reply(std::move(answer)); });
}

void Authorizer::ResolveItems(QuestionPtr question) {
  const SubscribeQuery& query = question->query;
  if (query.table.selector && !link_->knows_selectors()) {  // ari.md §3.15
    Refuse(std::move(question), MakeError(RequestCode::kInvalidSelector));
    return;
  }
  if (!query.table.items.empty()) {
    question->grant.items = query.table.items;
    ResolveSchema(std::move(question));
    return;
  }
  link_->GetItems(
      query.user, query.session_id, query.table,
      [this, question = std::move(question)](Outcome<std::vector<std::string>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Refuse(std::move(question), ItemsError(*failure));
          return;
        }
        question->grant.items = std::move(std::get<std::vector<std::string>>(outcome));
        if (question->grant.items.empty()) {  // ari.md §3.5
          Refuse(std::move(question), MakeError(RequestCode::kInvalidGroup));
          return;
        }
        ResolveSchema(std::move(question));
      });
}

void Authorizer::ResolveSchema(QuestionPtr question) {
  const SubscribeQuery& query = question->query;
  link_->GetSchema(
      query.user, query.session_id, query.table,
      [this, question = std::move(question)](Outcome<std::vector<std::string>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Refuse(std::move(question), SchemaError(*failure));
          return;
        }
        question->grant.fields = std::move(std::get<std::vector<std::string>>(outcome));
        if (question->grant.fields.empty()) {
          Refuse(std::move(question), MakeError(RequestCode::kInvalidSchema));
          return;
        }
        ResolveSelector(std::move(question));
      });
}

void Authorizer::ResolveSelector(QuestionPtr question) {
  const SubscribeQuery& query = question->query;
  if (!query.table.selector) {
    FetchItemData(std::move(question));
    return;
  }
  using SelectionPtr = std::shared_ptr<const session::Selection>;
  link_->GetSelector(query.user, query.session_id, query.table,
                     [this, question = std::move(question)](Outcome<SelectionPtr> outcome) mutable {
                       if (const auto* failure = std::get_if<Failure>(&outcome)) {
                         Refuse(std::move(question), SelectorError(*failure));
                         return;
                       }
                       question->grant.selection = std::move(std::get<SelectionPtr>(outcome));
                       FetchItemData(std::move(question));
                     });
}

// Under which name an item's answers are remembered: names of items and adapters hold no zero.
std::string Authorizer::CacheKey(const Question& question, const std::string& item) const {
  if (!link_->names_data_adapters()) return item;
  return question.query.table.data_adapter + '\0' + item;
}

void Authorizer::FetchItemData(QuestionPtr question) {
  const std::vector<std::string>& items = question->grant.items;
  question->item_data.resize(items.size());
  std::vector<std::string> unknown;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const ItemData* const known =
            place_.cache.FindItem(CacheKey(*question, items[i]), place_.shard.now())) {
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
  const std::string& data_adapter = question->query.table.data_adapter;
  link_->GetItemData(
      data_adapter, unknown,
      [this, positions = std::move(positions),
       question = std::move(question)](Outcome<std::vector<ItemData>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Refuse(std::move(question), ItemDataError(*failure));
          return;
        }
        const auto& data = std::get<std::vector<ItemData>>(outcome);
        for (std::size_t i = 0; i < positions.size(); ++i) {
          question->item_data[positions[i]] = data[i];
          place_.cache.PutItem(CacheKey(*question, question->grant.items[positions[i]]), data[i],
                               place_.shard.now());
        }
        FetchUserItemData(std::move(question));
      });
}

void Authorizer::FetchUserItemData(QuestionPtr question) {
  const std::vector<std::string>& items = question->grant.items;
  const UserName& user = question->query.user;
  question->user_item_data.resize(items.size());
  std::vector<std::string> unknown;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const UserItemData* const known =
            place_.cache.FindUserItem(user, CacheKey(*question, items[i]), place_.shard.now())) {
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
  const std::string& data_adapter = question->query.table.data_adapter;
  link_->GetUserItemData(
      user, data_adapter, unknown,
      [this, positions = std::move(positions),
       question = std::move(question)](Outcome<std::vector<UserItemData>> outcome) mutable {
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
          Refuse(std::move(question), ItemDataError(*failure));
          return;
        }
        const auto& data = std::get<std::vector<UserItemData>>(outcome);
        for (std::size_t i = 0; i < positions.size(); ++i) {
          question->user_item_data[positions[i]] = data[i];
          place_.cache.PutUserItem(question->query.user,
                                   CacheKey(*question, question->grant.items[positions[i]]),
                                   data[i], place_.shard.now());
        }
        CheckModes(std::move(question));
      });
}

void Authorizer::CheckModes(QuestionPtr question) {
  const SubscribeQuery& query = question->query;
  for (std::size_t i = 0; i < question->item_data.size(); ++i) {
    const ItemData& data = question->item_data[i];
    const UserItemData& mine = question->user_item_data[i];
    const session::ItemLimits limits{data.distinct_snapshot_length, data.min_source_frequency,
                                     mine.buffer_size, mine.max_frequency, KeptMode(data.modes)};
    const ModeSet allowed = data.modes & mine.modes;
    if (const auto refusal = RefusalOf(query.table.mode, query.unfiltered, allowed, limits)) {
      Refuse(std::move(question), MakeError(*refusal));
      return;
    }
    question->grant.limits.push_back(limits);
  }
  if (query.wants_tables) {
    OpenTable(std::move(question));
    return;
  }
  LeaveGate(*question);
  SubscribeGrant grant = std::move(question->grant);
  Answer(std::move(question), std::move(grant));
}

// --- The table

// The place in the gate is given back first: who has one waits for nobody's order. Who was let in
// once is not turned away now.
void Authorizer::OpenTable(QuestionPtr question) {
  LeaveGate(*question);
  const std::string session_id = question->query.session_id;
  place_.order.Enter(session_id, [this, question = std::move(question)]() mutable {
    RequestGate& gate = place_.gates.Of(question->query.table.data_adapter);
    gate.Enter([this, &gate, question = std::move(question)]() mutable {
      question->gate = &gate;
      NotifyTable(std::move(question));
    });
  });
}

void Authorizer::NotifyTable(QuestionPtr question) {
  SubscribeQuery& query = question->query;
  const std::string session_id = query.session_id;
  if (place_.closes.IsClosed(session_id)) {  // meanwhile
    Refuse(std::move(question), MakeError(RequestCode::kSessionNotFound));
    place_.order.Leave(session_id);
    return;
  }
  const int win_index = query.table.win_index;
  query.table.items = question->grant.items;
  place_.reverse_calls.BeforeTable(session_id, win_index);
  link_->NotifyNewTable(
      query.user, query.session_id, query.table,
      [this, win_index, question = std::move(question)](Outcome<TableProfile> outcome) mutable {
        const std::string id = question->query.session_id;
        OnTable(std::move(question), outcome);
        place_.reverse_calls.OnTableTold(id, win_index);  // behind the answer
        place_.order.Leave(id);
      });
}

// The remote adapter may count it among those that are open, though nobody will have it.
void Authorizer::TakeTableBack(QuestionPtr question, tlcp::Error error) {
  LeaveGate(*question);
  place_.closes.CloseTable({question->query.session_id, std::move(question->query.table)});
  Answer(std::move(question), std::move(error));
}

void Authorizer::OnTable(QuestionPtr question, const Outcome<TableProfile>& outcome) {
  if (const auto* failure = std::get_if<Failure>(&outcome)) {
    if (failure->may_be_done) {
      TakeTableBack(std::move(question), TableError(*failure));
    } else {
      Refuse(std::move(question), TableError(*failure));
    }
    return;
  }
  LeaveGate(*question);
  const auto& profile = std::get<TableProfile>(outcome);
  SubscribeGrant grant = std::move(question->grant);
  grant.table_open = true;
  grant.enable_unsubscription = profile.enable_unsubscription;
  grant.wants_final_statistics = profile.wants_final_statistics;
  Answer(std::move(question), std::move(grant));
}

}  // namespace penstock::adapters
