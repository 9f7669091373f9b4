// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_metadata_session.h"

#include <string>
#include <utility>

#include "guard.h"
#include "over_grpc/errors.h"
#include "over_grpc/metadata_conversion.h"

namespace penstock::adapter {
namespace {

using Request = pb::MetadataRequest;

Error ConnectionGone() { return Error("the connection to the server is gone"); }

// A provider that is not told would keep what has ended.
bool TellsOfAnEnd(const Request& request) {
  return request.has_notify_session_close() || request.has_notify_table_close();
}

}  // namespace

GrpcMetadataSession::GrpcMetadataSession(SessionContext context, MetadataProvider* provider,
                                         WorkerPool* pool, SessionOwners* owners)
    : context_(std::move(context)), provider_(provider), owners_(owners), ordered_(pool) {}

bool GrpcMetadataSession::OnMessage(const pb::MetadataServerMessage& message) {
  switch (message.kind_case()) {
    case pb::MetadataServerMessage::kRequest:
      OnRequest(message.request());
      return true;
    case pb::MetadataServerMessage::kCancel: {
      const std::lock_guard lock(mutex_);
      waiting_.erase(message.cancel().id());
      return true;
    }
    case pb::MetadataServerMessage::kControlResult:
      OnControlResult(message.control_result());
      return true;
    default:
      return false;
  }
}

void GrpcMetadataSession::OnRequest(const Request& request) {
  const auto deadline = request.timeout_millis() == 0
                            ? Clock::time_point::max()
                            : Clock::now() + std::chrono::milliseconds(request.timeout_millis());
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(request.id());
  }
  calls().Begin();
  ordered_.Post(request.ordering_key(), [self = shared_from_this(), request, deadline] {
    self->Run(request, deadline);
    self->calls().End();
  });
  context_.cells->requests.Add();  // what is counted has its place
}

bool GrpcMetadataSession::Begin(uint64_t id, Clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  return waiting_.erase(id) != 0 && Clock::now() < deadline;
}

void GrpcMetadataSession::Run(const Request& request, Clock::time_point deadline) {
  if (!Begin(request.id(), deadline) && !TellsOfAnEnd(request)) return;
  pb::MetadataAdapterMessage message;
  pb::MetadataAnswer& answer = *message.mutable_answer();
  answer.set_id(request.id());
  const Status status = Guard([&] { return Handle(request, &answer); });
  if (!status.ok()) *answer.mutable_error() = ToProto(status.error(), *context_.log);
  context_.answers->PushAnswer(WholeMessage(message));
}

Status GrpcMetadataSession::Handle(const Request& request, pb::MetadataAnswer* answer) {
  switch (request.kind_case()) {
    case Request::kNotifyUser: {
      const auto profile = provider_->NotifyUser(FromProto(request.notify_user()));
      if (!profile) return profile.error();
      *answer->mutable_user() = ToProto(*profile);
      return {};
    }
    case Request::kNotifyNewSession:
      return HandleNewSession(request.notify_new_session(), answer);
    case Request::kNotifySessionClose: {
      const std::string& session = request.notify_session_close().session();
      if (owners_ != nullptr) owners_->Forget(session);
      answer->mutable_done();
      return provider_->SessionClosed(session);
    }
    case Request::kGetItems:
    case Request::kGetSchema: {
      const auto names = request.has_get_items()
                             ? provider_->Items(FromProto(request.get_items()))
                             : provider_->Schema(FromProto(request.get_schema()));
      if (!names) return names.error();
      answer->mutable_names();
      for (const std::string& name : *names) answer->mutable_names()->add_names(ToUtf8(name));
      return {};
    }
    case Request::kGetSelector: {
      const auto filter = provider_->Selector(FromProto(request.get_selector()));
      if (!filter) return filter.error();
      *answer->mutable_selector()->mutable_filter() = ToProto(*filter);
      return {};
    }
    case Request::kGetItemData:
      return HandleItemData(request.get_item_data(), answer);
    case Request::kGetUserItemData:
      return HandleUserItemData(request.get_user_item_data(), answer);
    case Request::kNotifyUserMessage: {
      const auto profile = provider_->UserMessage(FromProto(request.notify_user_message()));
      if (!profile) return profile.error();
      answer->mutable_message()->set_response(ToUtf8(profile->response));
      return {};
    }
    case Request::kNotifyNewTable: {
      const auto profile = provider_->NewTables(FromProto(request.notify_new_table()));
      if (!profile) return profile.error();
      answer->mutable_table()->set_enable_unsubscription(profile->enable_unsubscription);
      answer->mutable_table()->set_wants_final_statistics(profile->wants_statistics);
      return {};
    }
    case Request::kNotifyTableClose:
      answer->mutable_done();
      return provider_->TablesClosed(FromProto(request.notify_table_close()));
    case Request::KIND_NOT_SET:
      break;
  }
  return Error("this SDK does not know the request");
}

Status GrpcMetadataSession::HandleNewSession(const pb::NotifyNewSession& request,
                                             pb::MetadataAnswer* answer) {
  // Before the call, so that within it the provider may already speak of the session.
  if (owners_ != nullptr) owners_->Remember(request.session(), context_.server);
  const auto profile = Guard([&] { return provider_->NewSession(FromProto(request)); });
  if (!profile && owners_ != nullptr) owners_->Forget(request.session());
  if (!profile) return profile.error();
  answer->mutable_session()->set_time_to_live_seconds(profile->time_to_live_seconds);
  return {};
}

Status GrpcMetadataSession::HandleItemData(const pb::GetItemData& request,
                                           pb::MetadataAnswer* answer) {
  pb::ItemDataList& list = *answer->mutable_item_data();
  for (const std::string& item : request.items()) {
    const auto limits = provider_->ItemData({item, request.data_adapter()});
    if (!limits) return limits.error();
    *list.add_items() = ToProto(*limits);
  }
  return {};
}

Status GrpcMetadataSession::HandleUserItemData(const pb::GetUserItemData& request,
                                               pb::MetadataAnswer* answer) {
  const NullableString user = request.has_user() ? NullableString(request.user()) : std::nullopt;
  pb::UserItemDataList& list = *answer->mutable_user_item_data();
  for (const std::string& item : request.items()) {
    const auto limits = provider_->UserItemData({user, item, request.data_adapter()});
    if (!limits) return limits.error();
    *list.add_items() = ToProto(*limits);
  }
  return {};
}

// --- The adapter's own requests

void GrpcMetadataSession::Ask(pb::ControlRequest request, OnDone on_done) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      request.set_id(++last_asked_);
      asked_.emplace(request.id(), std::move(on_done));
      pb::MetadataAdapterMessage message;
      *message.mutable_control() = std::move(request);
      context_.answers->PushAnswer(WholeMessage(message));
      return;
    }
  }
  on_done(ConnectionGone());
}

void GrpcMetadataSession::ForceSessionTermination(std::string_view session, std::optional<int> code,
                                                  const NullableString& message,
                                                  OnStatus on_status) {
  pb::ControlRequest request;
  pb::EndSession& end = *request.mutable_end_session();
  end.set_session(ToUtf8(session));
  if (code) {
    end.mutable_cause()->set_code(*code);
    end.mutable_cause()->set_message(ToUtf8(message.value_or("")));
  }
  Ask(std::move(request), [on_status = std::move(on_status)](const Result<bool>& done) {
    on_status(done.ok() ? Status() : Status(done.error()));
  });
}

void GrpcMetadataSession::ForceUnsubscription(std::string_view session, int win_index,
                                              OnDone on_done) {
  pb::ControlRequest request;
  request.mutable_end_subscription()->set_session(ToUtf8(session));
  request.mutable_end_subscription()->set_win_index(win_index);
  Ask(std::move(request), std::move(on_done));
}

void GrpcMetadataSession::OnControlResult(const pb::ControlResult& result) {
  OnDone on_done;
  {
    const std::lock_guard lock(mutex_);
    const auto at = asked_.find(result.id());
    if (at != asked_.end()) on_done = std::move(asked_.extract(at).mapped());
  }
  if (!on_done) {
    context_.cells->malformed.Add();
    context_.log->Write(LogLevel::kWarning, "ignored an answer to no request");
  } else if (result.has_error()) {
    const std::string& why = result.error().message();
    on_done(Error(why.empty() ? "the server gave no reason" : why));
  } else {
    on_done(result.done());
  }
}

void GrpcMetadataSession::EndInput() {
  std::unordered_map<uint64_t, OnDone> asked;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    waiting_.clear();
    asked.swap(asked_);
  }
  for (auto& [id, on_done] : asked) on_done(ConnectionGone());
}

}  // namespace penstock::adapter
