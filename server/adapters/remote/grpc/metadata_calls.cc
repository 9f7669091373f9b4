// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/metadata_calls.h"

#include <optional>
#include <utility>

#include "adapters/remote/grpc/metadata_conversion.h"
#include "adapters/remote/grpc/selector_conversion.h"

namespace penstock::adapters {

namespace {

using Answer = pb::MetadataAnswer;

// The session that alone wants to know the answer to a question; empty: others do, or it is none.
const std::string& AskerOf(const pb::MetadataRequest& request) {
  static const std::string kNobody;
  if (request.has_get_items()) return request.get_items().session();
  if (request.has_get_selector()) return request.get_selector().session();
  return request.has_get_schema() ? request.get_schema().session() : kNobody;
}

// How the log names a request.
const std::string& NameOf(const pb::MetadataRequest& request) {
  static const std::string kNone = "?";
  const auto* const field = request.GetDescriptor()->FindFieldByNumber(request.kind_case());
  return field == nullptr ? kNone : field->name();
}

}  // namespace

GrpcMetadataCalls::GrpcMetadataCalls(const Proxy& proxy, ProxyCounters& counters, Channel& channel,
                                     const config::MetadataAdapter& settings)
    : counters_(counters),
      channel_(channel),
      timeout_millis_(static_cast<std::uint32_t>(settings.proxy.timeout.count())),
      tables_one_by_one_(settings.sequentialize_table_notifications),
      failures_(proxy, counters) {}

// --- The frame

template <class T, class Convert>
void GrpcMetadataCalls::Call(pb::MetadataRequest request, Done<T> done, Convert convert) {
  if (!ready()) {
    done(CallFailures::NotConnected());
    return;
  }
  // That of a moment ago may have known them.
  if (request.has_get_selector() && !knows_selectors()) {
    done(Failure{FailureKind::kSelector, "the remote adapter knows no selectors"});
    return;
  }
  const std::uint64_t id = channel_.NextId();
  const std::string method = NameOf(request);
  Remote& remote = channel_.active();
  auto question = questions_.end();
  if (const std::string& asker = AskerOf(request); !asker.empty()) {
    question = questions_.emplace(asker, Asked{&remote, id});
  }
  pb::MetadataServerMessage message;
  request.set_id(id);
  request.set_timeout_millis(timeout_millis_);
  *message.mutable_request() = std::move(request);
  remote.Send(message);
  remote.Expect(id, [this, &remote, method, question, done = std::move(done), convert](
                        std::uint64_t call, CallEnd end, const Answer* answer) mutable {
    if (question != questions_.end()) questions_.erase(question);
    if (end == CallEnd::kDropped) {
      Cancel(remote, call);
      done(CallFailures::Dropped());
      return;
    }
    if (end == CallEnd::kLost) {
      done(CallFailures::Lost());
      return;
    }
    if (end == CallEnd::kTimeout) {
      Cancel(remote, call);
      done(failures_.TimedOut(method));
      return;
    }
    if (answer->has_error()) {
      done(failures_.Refused(method, ToFailure(answer->error())));
      return;
    }
    if (std::optional<T> value = convert(*answer)) {
      done(std::move(*value));
      return;
    }
    constexpr std::string_view kWhy =
        "an answer of another kind, or with values that make no sense";
    remote.CountMalformed(kWhy);
    done(failures_.Unusable(method, kWhy));
  });
}

template <class T, class Convert>
void GrpcMetadataCalls::Ask(pb::MetadataRequest request, Done<T> done, Convert convert) {
  second_chance_.Give<T>(
      *this,
      [this, request = std::move(request), convert](Done<T> told) {
        Call<T>(request, std::move(told), convert);
      },
      std::move(done));
}

void GrpcMetadataCalls::Cancel(Remote& remote, std::uint64_t id) {
  counters_.requests_cancelled.Add();
  pb::MetadataServerMessage message;
  message.mutable_cancel()->set_id(id);
  remote.Send(message);
}

void GrpcMetadataCalls::DropQuestions(const std::string& session_id) {
  std::vector<Asked> dropped;
  const auto [first, last] = questions_.equal_range(session_id);
  for (auto it = first; it != last; ++it) dropped.push_back(it->second);
  for (const Asked& one : dropped) one.remote->Drop(one.id);
}

// --- Users and sessions

void GrpcMetadataCalls::NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) {
  pb::MetadataRequest request;
  *request.mutable_notify_user() = UserToProto(query);
  Call<UserProfile>(std::move(request), std::move(done), &ToUserProfile);
}

void GrpcMetadataCalls::NotifyNewSession(const session::OpenQuery& query,
                                         Done<SessionProfile> done) {
  pb::MetadataRequest request;
  request.set_ordering_key(query.session_id);
  *request.mutable_notify_new_session() = SessionToProto(query);
  Call<SessionProfile>(std::move(request), std::move(done), &ToSessionProfile);
}

void GrpcMetadataCalls::NotifySessionClose(const std::string& session_id, Done<Void> done) {
  pb::MetadataRequest request;
  request.set_ordering_key(session_id);
  request.mutable_notify_session_close()->set_session(session_id);
  Call<Void>(std::move(request), std::move(done), &ToVoid);
}

void GrpcMetadataCalls::NotifyUserMessage(const session::MessageQuery& query,
                                          Done<session::MessageOutcome> done) {
  pb::MetadataRequest request;
  pb::NotifyUserMessage& message = *request.mutable_notify_user_message();
  if (query.user) message.set_user(ToText(*query.user));
  message.set_session(query.session_id);
  message.set_message(ToText(query.text));
  Call<session::MessageOutcome>(std::move(request), std::move(done), &ToMessageOutcome);
}

// --- Items

void GrpcMetadataCalls::GetItems(const UserName& user, const std::string& session_id,
                                 const session::Table& table, Done<std::vector<std::string>> done) {
  pb::MetadataRequest request;
  *request.mutable_get_items() = ItemsToProto(user, session_id, table);
  Ask<std::vector<std::string>>(std::move(request), std::move(done), &ToNames);
}

void GrpcMetadataCalls::GetSchema(const UserName& user, const std::string& session_id,
                                  const session::Table& table,
                                  Done<std::vector<std::string>> done) {
  pb::MetadataRequest request;
  *request.mutable_get_schema() = SchemaToProto(user, session_id, table);
  Ask<std::vector<std::string>>(std::move(request), std::move(done), &ToNames);
}

void GrpcMetadataCalls::GetSelector(const UserName& user, const std::string& session_id,
                                    const session::Table& table,
                                    Done<std::shared_ptr<const session::Selection>> done) {
  pb::MetadataRequest request;
  *request.mutable_get_selector() = SelectorToProto(user, session_id, table);
  using SelectionPtr = std::shared_ptr<const session::Selection>;
  Ask<SelectionPtr>(std::move(request), std::move(done),
                    [](const Answer& answer) -> std::optional<SelectionPtr> {
                      SelectionPtr selection = ToSelection(answer.selector());
                      if (selection == nullptr) return std::nullopt;
                      return selection;
                    });
}

void GrpcMetadataCalls::GetItemData(const std::string& data_adapter,
                                    std::span<const std::string> items,
                                    Done<std::vector<ItemData>> done) {
  pb::MetadataRequest request;
  pb::GetItemData& question = *request.mutable_get_item_data();
  for (const std::string& item : items) question.add_items(ToText(item));
  question.set_data_adapter(ToText(data_adapter));
  Ask<std::vector<ItemData>>(
      std::move(request), std::move(done),
      [count = items.size()](const Answer& answer) { return ToItemData(answer, count); });
}

void GrpcMetadataCalls::GetUserItemData(const UserName& user, const std::string& data_adapter,
                                        std::span<const std::string> items,
                                        Done<std::vector<UserItemData>> done) {
  pb::MetadataRequest request;
  pb::GetUserItemData& question = *request.mutable_get_user_item_data();
  if (user) question.set_user(ToText(*user));
  for (const std::string& item : items) question.add_items(ToText(item));
  question.set_data_adapter(ToText(data_adapter));
  Ask<std::vector<UserItemData>>(
      std::move(request), std::move(done),
      [count = items.size()](const Answer& answer) { return ToUserItemData(answer, count); });
}

// --- Tables

// The end of a subscription is not told before the answer to its begin is there; the key says so to
// adapters that work on many requests at once.
std::string GrpcMetadataCalls::TableKey(const std::string& session_id,
                                        const session::Table& table) const {
  return tables_one_by_one_ ? session_id : session_id + '/' + std::to_string(table.win_index);
}

void GrpcMetadataCalls::NotifyNewTable(const UserName& user, const std::string& session_id,
                                       const session::Table& table, Done<TableProfile> done) {
  pb::MetadataRequest request;
  request.set_ordering_key(TableKey(session_id, table));
  pb::NotifyNewTable& notice = *request.mutable_notify_new_table();
  if (user) notice.set_user(ToText(*user));
  notice.set_session(session_id);
  *notice.mutable_table() = TableToProto(table);
  Call<TableProfile>(std::move(request), std::move(done), &ToTableProfile);
}

void GrpcMetadataCalls::NotifyTableClose(const std::string& session_id, const session::Table& table,
                                         Done<Void> done) {
  pb::MetadataRequest request;
  request.set_ordering_key(TableKey(session_id, table));
  pb::NotifyTableClose& notice = *request.mutable_notify_table_close();
  notice.set_session(session_id);
  *notice.mutable_table() = TableToProto(table);
  Call<Void>(std::move(request), std::move(done), &ToVoid);
}

}  // namespace penstock::adapters
