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
  if (Subscription* const known = Find(request.sub_id)) {
    // Clients repeat a request whose answer they have not seen.
    if (!known->IsAskedBy(request)) {
      answer(tlcp::MakeError(tlcp::RequestCode::kInternalError,
                             "LS_subId is in use by another subscription"));
    } else if (known->state() == Subscription::State::kActive) {
      answer(std::nullopt);
    } else if (known->waiting().adds.size() >= limits.max_pending_controls) {
      answer(Over(protection::Limit::kPendingControls, "Too many requests under way"));
    } else {
      known->waiting().adds.push_back(std::move(answer));
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
  if (adapter_set_.FindData(request.data_adapter) == nullptr) {
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
  auto made = std::make_unique<Subscription>(*this, request, next_serial_++, table_.texts());
  Subscription& subscription = *made;
  subscription.waiting().adds.push_back(std::move(answer));
  subscriptions_.insert(Place(sub_id), std::move(made));
  ++pending_controls_;
  SubscribeQuery query;
  query.user = user();
  query.session_id = id();
  query.wants_tables = wants_tables_;
  query.unfiltered = asks_unfiltered;
  query.table = subscription.MakeTable();
  // The session may be gone when the answer comes, and the id in use again.
  adapter_set_.metadata->Authorize(
      std::move(query), [table = &table_, set = &adapter_set_, session_id = id(), sub_id,
                         serial = subscription.serial(), asked = subscription.MakeTable()](
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
  Subscription* const subscription = Find(sub_id);
  if (subscription == nullptr || subscription->serial() != serial) return;
  std::optional<tlcp::Error> refusal;
  if (auto* error = std::get_if<tlcp::Error>(&result)) {
    refusal = std::move(*error);
  } else {
    refusal = Attach(*subscription, std::move(std::get<SubscribeGrant>(result)));
  }
  if (refusal) {
    FinishAdd(sub_id, std::move(refusal));
  } else {
    OnItemSettled(sub_id);
  }
}

// Nothing, or why they have no numbers.
std::optional<tlcp::Error> Session::FindFields(const std::vector<std::string>& names,
                                               std::vector<kernel::FieldId>* fields) {
  fields->reserve(names.size());
  for (const std::string& name : names) {
    const std::optional<kernel::FieldId> field = table_.field_names().Intern(name);
    if (!field) {
      return tlcp::MakeError(tlcp::RequestCode::kInternalError, "Too many different field names");
    }
    fields->push_back(*field);
  }
  return std::nullopt;
}

// Nothing, or why the grant cannot be used.
std::optional<tlcp::Error> Session::Attach(Subscription& subscription, SubscribeGrant grant) {
  const Options& limits = table_.options();
  using protection::Limit;
  std::vector<kernel::FieldId> fields;
  std::vector<kernel::FieldId> compared;
  std::optional<tlcp::Error> refusal = FindFields(grant.fields, &fields);
  if (!refusal && grant.selection != nullptr) {
    refusal = FindFields(grant.selection->fields(), &compared);
  }
  if (grant.items.size() > limits.max_items) {
    refusal = Over(Limit::kItemsPerSubscription, "Too many items in the group");
  } else if (item_count_ + grant.items.size() > limits.max_session_items) {
    refusal = Over(Limit::kItemsPerSession, "Too many items in the session");
  } else if (grant.fields.size() > limits.max_fields) {
    refusal = Over(Limit::kFieldsPerSubscription, "Too many fields in the schema");
  }
  if (!refusal && subscription.mode() == tlcp::Mode::kCommand) {
    const auto has = [&](kernel::FieldId field) {
      return std::find(fields.begin(), fields.end(), field) != fields.end();
    };
    if (!has(kernel::kCommandField)) refusal = tlcp::MakeError(tlcp::RequestCode::kNoCommandField);
    if (!has(kernel::kKeyField)) refusal = tlcp::MakeError(tlcp::RequestCode::kNoKeyField);
  }
  if (refusal) {
    if (grant.table_open) {
      Table table = subscription.MakeTable();
      table.items = std::move(grant.items);
      if (grant.wants_final_statistics) table.statistics.resize(table.items.size());
      adapter_set_.metadata->CloseTable(id(), std::move(table));
    }
    return refusal;
  }
  item_count_ += static_cast<std::uint32_t>(grant.items.size());
  grant.limits.resize(grant.items.size());
  subscription.Prepare(grant, table_.schemas().Get(std::move(fields), diff_support_), limits);
  if (grant.selection != nullptr) {
    subscription.Select(std::move(grant.selection), std::move(compared));
  }
  kernel::DataSource& source = *adapter_set_.FindData(subscription.data_adapter());
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
  Subscription* const subscription = Find(sub_id);
  if (closed_ || subscription == nullptr) return;
  if (subscription->state() != Subscription::State::kAttaching) return;
  for (const SubscribedItem& item : subscription->items()) {
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
  Subscription& subscription = *Find(sub_id);
  const std::uint32_t serial = subscription.serial();
  --pending_controls_;
  const std::unique_ptr<Subscription::Waiting> waiting = subscription.TakeWaiting();
  if (refusal) {
    PENSTOCK_LOG(kSession, kInfo, "subscription refused", {"session", id()}, {"sub", sub_id},
                 {"group", subscription.group()}, {"code", refusal->code},
                 {"reason", refusal->message});
    ++table_.counters().controls_refused;
    Unsubscribe(sub_id, Duration::zero());
  } else {
    Activate(subscription);
  }
  for (Answer& answer : waiting->adds) answer(refusal);
  for (Answer& answer : waiting->deletes) {
    answer(refusal ? std::optional(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound))
                   : std::nullopt);
  }
  if (closed_ || refusal || waiting->deletes.empty()) return;
  // Answers run code of connections: one may have brought a request that ended the subscription.
  const Subscription* const still = Find(sub_id);
  if (still == nullptr || still->serial() != serial) return;
  Unsubscribe(sub_id, Duration::zero());
  tlcp::AppendUnsub(sub_id, Lines());
  MarkReady(true);
}

void Session::Activate(Subscription& subscription) {
  subscription.Activate();
  const int items = static_cast<int>(subscription.items().size());
  const int fields = static_cast<int>(subscription.schema().fields.size());
  if (subscription.mode() == tlcp::Mode::kCommand) {
    tlcp::AppendSubCmd(subscription.id(), items, fields, subscription.key_position(),
                       subscription.command_position(), Lines());
  } else {
    tlcp::AppendSubOk(subscription.id(), items, fields, Lines());
  }
  tlcp::AppendConf(subscription.id(), subscription.TopFrequency(), !subscription.unfiltered(),
                   Lines());
  MarkReady(true);
  for (SubscribedItem& item : subscription.items()) {
    feed::Start(item, table_.options());
    OnItemReady(item);
  }
}

}  // namespace penstock::session
