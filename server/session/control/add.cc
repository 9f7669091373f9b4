// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=add (TLCP §3.2): ask the Metadata Adapter, then activate, attach the items and tell.

#include <algorithm>

#include "base/log.h"
#include "session/feed.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleAdd(tlcp::Add request, Answer answer) {
  const Options& limits = table_.options();
  if (const auto it = subscriptions_.find(request.sub_id); it != subscriptions_.end()) {
    // Clients repeat a request whose answer they have not seen.
    Subscription& known = *it->second;
    if (!known.request().SameAs(request)) {
      answer(tlcp::MakeError(tlcp::RequestCode::kInternalError,
                             "LS_subId is in use by another subscription"));
    } else if (known.state() == Subscription::State::kActive) {
      answer(std::nullopt);
    } else if (known.waiting_adds.size() >= limits.max_pending_controls) {
      answer(Over(protection::Limit::kPendingControls, "Too many requests under way"));
    } else {
      known.waiting_adds.push_back(std::move(answer));
    }
    return;
  }
  if (subscriptions_.size() >= limits.max_subscriptions) {
    answer(Over(protection::Limit::kSubscriptionsPerSession, "Too many subscriptions"));
    return;
  }
  if (pending_controls_ >= limits.max_pending_controls) {
    answer(Over(protection::Limit::kPendingControls, "Too many requests under way"));
    return;
  }
  if (profile_.adapter_set->FindData(request.data_adapter) == nullptr) {
    answer(tlcp::MakeError(tlcp::RequestCode::kDataAdapterUnknown));
    return;
  }
  // RAW is so by itself; only a wish can be refused.
  const bool asks_unfiltered = request.mode != tlcp::Mode::kRaw &&
                               request.max_frequency.kind == tlcp::Frequency::Kind::kUnfiltered;
  if (asks_unfiltered && limits.max_frequency > 0) {
    answer(tlcp::MakeError(tlcp::RequestCode::kUnfilteredLimited));
    return;
  }
  const int sub_id = request.sub_id;
  auto made = std::make_unique<Subscription>(*this, std::move(request));
  Subscription& subscription = *made;
  subscription.serial = next_serial_++;
  subscription.waiting_adds.push_back(std::move(answer));
  subscriptions_.emplace(sub_id, std::move(made));
  ++pending_controls_;
  SubscribeQuery query;
  query.user = profile_.user;
  query.session_id = id();
  query.wants_tables = profile_.grant.wants_tables;
  query.unfiltered = asks_unfiltered;
  query.table = subscription.MakeTable();
  // The session may be gone when the answer comes, and the id in use again.
  profile_.adapter_set->metadata->Authorize(
      std::move(query), [table = &table_, set = profile_.adapter_set, session_id = id(), sub_id,
                         serial = subscription.serial, asked = subscription.MakeTable()](
                            std::variant<SubscribeGrant, tlcp::Error> result) mutable {
        Session* const session = table->Find(session_id);
        if (session != nullptr) {
          session->OnAuthorized(sub_id, serial, std::move(result));
          return;
        }
        if (auto* grant = std::get_if<SubscribeGrant>(&result); grant && grant->table_open) {
          asked.items = std::move(grant->items);
          if (grant->wants_final_statistics) asked.statistics.resize(asked.items.size());
          set->metadata->CloseTable(std::move(session_id), std::move(asked));
        }
      });
}

void Session::OnAuthorized(int sub_id, std::uint32_t serial,
                           std::variant<SubscribeGrant, tlcp::Error> result) {
  const auto it = subscriptions_.find(sub_id);
  if (it == subscriptions_.end() || it->second->serial != serial) return;
  std::optional<tlcp::Error> refusal;
  if (auto* error = std::get_if<tlcp::Error>(&result)) {
    refusal = std::move(*error);
  } else {
    refusal = Attach(*it->second, std::move(std::get<SubscribeGrant>(result)));
  }
  if (refusal) {
    FinishAdd(sub_id, std::move(refusal));
  } else {
    OnItemSettled(sub_id);
  }
}

// Nothing, or why the grant cannot be used.
std::optional<tlcp::Error> Session::Attach(Subscription& subscription, SubscribeGrant grant) {
  const Options& limits = table_.options();
  std::optional<tlcp::Error> refusal;
  using protection::Limit;
  std::vector<kernel::FieldId> fields;
  bool has_key = false;
  bool has_command = false;
  for (const std::string& name : grant.fields) {
    const std::optional<kernel::FieldId> field = table_.field_names().Intern(name);
    if (!field) {
      refusal =
          tlcp::MakeError(tlcp::RequestCode::kInternalError, "Too many different field names");
      break;
    }
    has_key = has_key || *field == kernel::kKeyField;
    has_command = has_command || *field == kernel::kCommandField;
    fields.push_back(*field);
  }
  if (grant.items.size() > limits.max_items) {
    refusal = Over(Limit::kItemsPerSubscription, "Too many items in the group");
  } else if (item_count_ + grant.items.size() > limits.max_session_items) {
    refusal = Over(Limit::kItemsPerSession, "Too many items in the session");
  } else if (grant.fields.size() > limits.max_fields) {
    refusal = Over(Limit::kFieldsPerSubscription, "Too many fields in the schema");
  }
  if (!refusal && subscription.request().mode == tlcp::Mode::kCommand) {
    if (!has_command) refusal = tlcp::MakeError(tlcp::RequestCode::kNoCommandField);
    if (!has_key) refusal = tlcp::MakeError(tlcp::RequestCode::kNoKeyField);
  }
  if (refusal) {
    if (grant.table_open) {
      Table table = subscription.MakeTable();
      table.items = std::move(grant.items);
      if (grant.wants_final_statistics) table.statistics.resize(table.items.size());
      profile_.adapter_set->metadata->CloseTable(id(), std::move(table));
    }
    return refusal;
  }
  item_count_ += grant.items.size();
  grant.limits.resize(grant.items.size());
  subscription.Prepare(grant, table_.schemas().Get(std::move(fields), profile_.diff_support),
                       limits);
  kernel::DataSource& source = *profile_.adapter_set->FindData(subscription.request().data_adapter);
  for (SubscribedItem& item : subscription.items()) {
    const std::string& name = grant.items[item.index];
    const ItemLimits& of = grant.limits[item.index];
    table_.items().Attach(source, name, subscription.view(),
                          {std::min(of.distinct_snapshot_length, limits.max_buffer_size),
                           of.min_source_frequency, of.kept_mode},
                          &item);
    PENSTOCK_LOG(kSession, kDebug, "subscribed", {"session", id()}, {"sub", subscription.id()},
                 {"item", name});
  }
  return std::nullopt;
}

void Session::OnItemSettled(int sub_id) {
  const auto it = subscriptions_.find(sub_id);
  if (closed_ || it == subscriptions_.end()) return;
  Subscription& subscription = *it->second;
  if (subscription.state() != Subscription::State::kAttaching) return;
  for (const SubscribedItem& item : subscription.items()) {
    switch (item.item->status()) {
      case kernel::LocalItem::Status::kPending:
        return;
      case kernel::LocalItem::Status::kRefused:
        FinishAdd(sub_id, tlcp::MakeError(tlcp::RequestCode::kInvalidMode));
        return;
      case kernel::LocalItem::Status::kAccepted:
        break;
    }
  }
  FinishAdd(sub_id, std::nullopt);
}

void Session::FinishAdd(int sub_id, std::optional<tlcp::Error> refusal) {
  Subscription& subscription = *subscriptions_.at(sub_id);
  const std::uint32_t serial = subscription.serial;
  --pending_controls_;
  std::vector<Answer> adds = std::move(subscription.waiting_adds);
  std::vector<Answer> deletes = std::move(subscription.waiting_deletes);
  subscription.waiting_adds.clear();
  subscription.waiting_deletes.clear();
  if (refusal) {
    PENSTOCK_LOG(kSession, kInfo, "subscription refused", {"session", id()}, {"sub", sub_id},
                 {"group", subscription.request().group}, {"code", refusal->code},
                 {"reason", refusal->message});
    ++table_.counters().controls_refused;
    Unsubscribe(sub_id, Duration::zero());
  } else {
    Activate(subscription);
  }
  for (Answer& answer : adds) answer(refusal);
  for (Answer& answer : deletes) {
    answer(refusal ? std::optional(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound))
                   : std::nullopt);
  }
  if (closed_ || refusal || deletes.empty()) return;
  // Answers run code of connections: one may have brought a request that ended the subscription.
  const auto still = subscriptions_.find(sub_id);
  if (still == subscriptions_.end() || still->second->serial != serial) return;
  Unsubscribe(sub_id, Duration::zero());
  tlcp::AppendUnsub(sub_id, lines_);
  MarkReady(true);
}

void Session::Activate(Subscription& subscription) {
  subscription.Activate();
  const int items = static_cast<int>(subscription.items().size());
  const int fields = static_cast<int>(subscription.schema().fields.size());
  if (subscription.request().mode == tlcp::Mode::kCommand) {
    tlcp::AppendSubCmd(subscription.id(), items, fields, subscription.key_position(),
                       subscription.command_position(), lines_);
  } else {
    tlcp::AppendSubOk(subscription.id(), items, fields, lines_);
  }
  tlcp::AppendConf(subscription.id(), subscription.TopFrequency(), !subscription.unfiltered(),
                   lines_);
  MarkReady(true);
  for (SubscribedItem& item : subscription.items()) {
    feed::Start(item, table_.options());
    OnItemReady(item);
  }
}

}  // namespace penstock::session
