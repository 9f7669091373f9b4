// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "penstock/adapter/host_options.h"
#include "penstock/adapter/v1/adapter_service.grpc.pb.h"
#include "unit/sdk-cpp/scripted_proxy.h"

namespace penstock::adapter {

namespace pb = penstock::adapter::v1;

// The server's end of one stream: says messages, hears messages.
// Owner: shared by the server's thread and the test. Thread: the test.
template <class FromAdapter, class ToAdapter>
class GrpcCall {
 public:
  using Stream = grpc::ServerReaderWriter<ToAdapter, FromAdapter>;

  GrpcCall(grpc::ServerContext* context, Stream* stream) : context_(context), stream_(stream) {
    const auto& headers = context->client_metadata();
    const auto at = headers.find("authorization");
    if (at != headers.end()) authorization.assign(at->second.data(), at->second.size());
    for (const auto& name : context->auth_context()->GetPeerIdentity()) {
      peer_names += std::string(name.data(), name.size()) + ' ';
    }
  }

  void Say(const ToAdapter& message) { stream_->Write(message); }
  // The next message; without a kind if the adapter says no more.
  FromAdapter Hear() {
    FromAdapter message;
    if (!stream_->Read(&message)) message.Clear();
    return message;
  }
  // Ends the stream; nothing is to be said or heard any more.
  void End(grpc::Status status = grpc::Status::OK) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    status_ = std::move(status);
    changed_.notify_all();
  }
  // Whoever hears in another thread hears no more; then End().
  void Cancel() { context_->TryCancel(); }
  // Ends it as a broken connection does.
  void Break() {
    Cancel();
    End(grpc::Status::CANCELLED);
  }

  // The server's thread.
  grpc::Status AwaitEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
    return status_;
  }

  std::string authorization;
  std::string peer_names;

 private:
  grpc::ServerContext* const context_;
  Stream* const stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  grpc::Status status_;
};

using DataCall = GrpcCall<pb::DataAdapterMessage, pb::DataServerMessage>;
using MetadataCall = GrpcCall<pb::MetadataAdapterMessage, pb::MetadataServerMessage>;

// A server in this process whose streams the test plays.
class ScriptedGrpcServer {
 public:
  explicit ScriptedGrpcServer(const std::shared_ptr<grpc::ServerCredentials>& credentials =
                                  grpc::InsecureServerCredentials()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedGrpcServer() { Stop(); }

  void Stop() {
    service_.EndAll();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    service_.EndAll();
    server_->Wait();
  }

  std::string endpoint(std::string_view path) const {
    return "grpc://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  int port() const { return port_; }
  // The next stream, waited for; null: none has come.
  std::shared_ptr<DataCall> AcceptData() { return service_.data.Take(); }
  std::shared_ptr<MetadataCall> AcceptMetadata() { return service_.metadata.Take(); }

 private:
  template <class Call>
  class Arrivals {
   public:
    grpc::Status Serve(grpc::ServerContext* context, typename Call::Stream* stream) {
      const auto call = std::make_shared<Call>(context, stream);
      {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(call);
        all_.push_back(call);
        changed_.notify_all();
      }
      return call->AwaitEnd();
    }
    std::shared_ptr<Call> Take() {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMillis),
                             [this] { return !waiting_.empty(); })) {
        return nullptr;
      }
      auto call = std::move(waiting_.front());
      waiting_.pop_front();
      return call;
    }
    void EndAll() {
      const std::lock_guard lock(mutex_);
      for (const auto& call : all_) call->End(grpc::Status::CANCELLED);
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Call>> waiting_;
    std::deque<std::shared_ptr<Call>> all_;
  };

  class Service final : public pb::AdapterService::Service {
   public:
    grpc::Status Data(grpc::ServerContext* context, DataCall::Stream* stream) override {
      return data.Serve(context, stream);
    }
    grpc::Status Metadata(grpc::ServerContext* context, MetadataCall::Stream* stream) override {
      return metadata.Serve(context, stream);
    }
    void EndAll() {
      data.EndAll();
      metadata.EndAll();
    }

    Arrivals<DataCall> data;
    Arrivals<MetadataCall> metadata;
  };

  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

inline HostOptions OptionsFor(const std::string& endpoint) {
  HostOptions options;
  options.servers = {endpoint};
  options.min_backoff = std::chrono::milliseconds(1);
  options.max_backoff = std::chrono::milliseconds(2);
  return options;
}

// Hears Hello, opens the adapter, hears that it is open.
inline void OpenData(DataCall* call) {
  call->Hear();
  pb::DataServerMessage message;
  message.mutable_init()->set_adapter_set("DEMO");
  message.mutable_init()->set_data_adapter("QUOTES");
  message.mutable_init()->set_server_instance_id("server 1");
  (*message.mutable_init()->mutable_params())["note"] = "a+b";
  call->Say(message);
  call->Hear();
  message.mutable_role()->set_active(true);
  call->Say(message);
}

inline void OpenMetadata(MetadataCall* call) {
  call->Hear();
  pb::MetadataServerMessage message;
  message.mutable_init()->set_adapter_set("DEMO");
  call->Say(message);
  call->Hear();
  message.mutable_role()->set_active(true);
  call->Say(message);
}

inline void Subscribe(DataCall* call, uint64_t subscription, const std::string& item) {
  pb::DataServerMessage message;
  message.mutable_subscribe()->set_item(item);
  message.mutable_subscribe()->set_subscription(subscription);
  call->Say(message);
}

// The next so many events with the names that come before them, whichever messages they come in.
inline pb::EventBatch HearEvents(DataCall* call, int count) {
  pb::EventBatch all;
  while (all.events_size() < count) {
    const pb::DataAdapterMessage message = call->Hear();
    if (!message.has_events()) break;
    all.MergeFrom(message.events());
  }
  // What is read of events that have not come is empty.
  while (all.events_size() < count) all.add_events();
  return all;
}

inline void Unsubscribe(DataCall* call, uint64_t subscription, const std::string& item) {
  pb::DataServerMessage message;
  message.mutable_unsubscribe()->set_item(item);
  message.mutable_unsubscribe()->set_subscription(subscription);
  call->Say(message);
}

}  // namespace penstock::adapter
