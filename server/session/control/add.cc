// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=add (TLCP §3.2): ask the Metadata Adapter, then activate, attach the items and tell.

#include "base/log.h"
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
      answer(tlcp::MakeError(tlcp::RequestCode::kInternalError, "Too many requests under way"));
    } else {
      known.waiting_adds.push_back(std::move(answer));
    }
    return;
  }
  if (subscriptions_.size() >= limits.max_subscriptions) {
    answer(tlcp::MakeError(tlcp::RequestCode::kInternalError, "Too many subscriptions"));
    return;
  }
  if (pending_controls_ >= limits.max_pending_controls) {
    answer(tlcp::MakeError(tlcp::RequestCode::kInternalError, "Too many requests under way"));
    return;
  }
  if (profile_.adapter_set->FindData(request.data_adapter) == nullptr) {
    answer(tlcp::MakeError(tlcp::RequestCode::kDataAdapterUnknown));
    return;
  }
  if (request.mode != tlcp::Mode::kMerge) {
    answer(tlcp::MakeError(tlcp::RequestCode::kInvalidMode));
    return;
  }
  if (request.max_frequency.kind == tlcp::Frequency::Kind::kUnfiltered) {
    answer(tlcp::MakeError(tlcp::RequestCode::kUnfilteredNotLicensed));
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
          set->metadata->CloseTable(std::move(session_id), std::move(asked));
        }
      });
}

void Session::OnAuthorized(int sub_id, std::uint32_t serial,
                           std::variant<SubscribeGrant, tlcp::Error> result) {
  const auto it = subscriptions_.find(sub_id);
  if (it == subscriptions_.end() || it->second->serial != serial) return;
  Subscription& subscription = *it->second;
  --pending_controls_;
  std::vector<Answer> adds = std::move(subscription.waiting_adds);
  std::vector<Answer> deletes = std::move(subscription.waiting_deletes);
  subscription.waiting_adds.clear();
  subscription.waiting_deletes.clear();
  std::optional<tlcp::Error> refusal;
  if (auto* error = std::get_if<tlcp::Error>(&result)) {
    refusal = std::move(*error);
  } else {
    refusal = Activate(subscription, std::move(std::get<SubscribeGrant>(result)));
  }
  if (refusal) {
    PENSTOCK_LOG(kSession, kInfo, "subscription refused", {"session", id()}, {"sub", sub_id},
                 {"group", subscription.request().group}, {"code", refusal->code},
                 {"reason", refusal->message});
    ++table_.counters().controls_refused;
    subscriptions_.erase(it);
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
  Unsubscribe(sub_id);
  tlcp::AppendUnsub(sub_id, lines_);
  MarkReady(true);
}

std::optional<tlcp::Error> Session::Activate(Subscription& subscription, SubscribeGrant grant) {
  const Options& limits = table_.options();
  const char* too_much = nullptr;
  if (grant.items.size() > limits.max_items) too_much = "Too many items in the group";
  if (grant.fields.size() > limits.max_fields) too_much = "Too many fields in the schema";
  std::vector<kernel::FieldId> fields;
  for (const std::string& name : grant.fields) {
    const std::optional<kernel::FieldId> field = table_.field_names().Intern(name);
    if (!field) {
      too_much = "Too many different field names";
      break;
    }
    fields.push_back(*field);
  }
  if (too_much != nullptr) {
    if (grant.table_open) {
      Table table = subscription.MakeTable();
      table.items = std::move(grant.items);
      profile_.adapter_set->metadata->CloseTable(id(), std::move(table));
    }
    return tlcp::MakeError(tlcp::RequestCode::kInternalError, too_much);
  }
  const std::vector<std::string> names = grant.items;
  subscription.Activate(std::move(grant), table_.schemas().Get(std::move(fields)));
  tlcp::AppendSubOk(subscription.id(), static_cast<int>(names.size()),
                    static_cast<int>(subscription.schema().fields.size()), lines_);
  tlcp::AppendConf(subscription.id(), subscription.TopFrequency(), true, lines_);
  MarkReady(true);
  kernel::DataSource& source = *profile_.adapter_set->FindData(subscription.request().data_adapter);
  for (SubscribedItem& item : subscription.items()) {
    table_.items().Attach(source, names[item.index], &item);
    item.sent_generation = item.item->generation();
    OnItemReady(item);
    PENSTOCK_LOG(kSession, kDebug, "subscribed", {"session", id()}, {"sub", subscription.id()},
                 {"item", names[item.index]});
  }
  return std::nullopt;
}

}  // namespace penstock::session
