// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "conversation.h"
#include "over_grpc/grpc_data_session.h"
#include "over_grpc/grpc_listener.h"
#include "over_grpc/grpc_metadata_session.h"
#include "over_grpc/grpc_stream.h"
#include "over_grpc/wire.h"
#include "resolver.h"
#include "socket.h"

namespace penstock::adapter {

// A conversation over gRPC: one stream, with the outbox that it is written from by a thread of its
// own. The contract is remote-proto/proto/penstock/adapter/v1/adapter_service.proto.
// Owner, thread: as Conversation.
class GrpcConversation final : public Conversation {
 public:
  explicit GrpcConversation(Context context);

  // Until the server's Init is there.
  Status Open() override;
  Ending Serve() override;
  void Retire() override;
  void Wake() override;
  size_t queued_bytes() override;
  Status Fail(std::string_view message) override;
  std::shared_ptr<MetadataSession> metadata_session() override;

 private:
  using Clock = GrpcStream::Clock;
  enum class Next { kGoOn, kEnded, kDisconnect, kStop };
  // The streams of the two kinds of adapters; the one of the adapter's kind is in use.
  struct Incoming {
    pb::DataServerMessage data;
    pb::MetadataServerMessage metadata;
  };

  bool is_data() const { return context_.adapter->is_data(); }
  const HostOptions& options() const { return *context_.options; }
  const Log& log() const { return *context_.log; }

  Status Dial();
  // A socket that listens.
  Result<UniqueFd> Bind();
  // Waits until a server dials that sends its init.
  Status Listen();
  Status Begin(std::shared_ptr<GrpcStream> stream);
  Status Greet();
  template <class Message>
  Status TakeInit(Message* message);
  // Who has dialed and says nothing gives way to who comes after it.
  Next HearInit(std::string* reason);
  // Queues a message that both kinds of adapters have; `set` fills it in.
  template <class Set>
  bool Say(const Set& set);

  // The next message into `incoming_`; the end of the stream into `*reason`.
  Next Hear(Clock::time_point deadline, const std::atomic<bool>* interrupted, std::string* reason);
  Next ServeOnce(std::string* reason);
  Next OnMessage(std::string* reason);
  void OpenSession();
  // Takes leave: serves what was asked before the server knew, until it ends the stream.
  void Leave(Clock::time_point deadline);
  void CloseStream(const grpc::Status& status);
  void EndSession();

  const Context context_;

  // Reader only.
  Resolver resolver_;  // of an endpoint that listens
  std::thread writer_;
  Incoming incoming_;
  pb::Init init_;
  std::string goodbye_;  // the server's reason
  std::shared_ptr<GrpcDataSession> data_session_;

  std::mutex mutex_;
  // Replaced by the reader under the lock.
  std::unique_ptr<GrpcListener> listener_;  // of an endpoint that listens, from the first Open() on
  std::shared_ptr<GrpcStream> stream_;
  std::shared_ptr<Outbox> outbox_;
  std::shared_ptr<Session> session_;  // one of the two
  std::shared_ptr<GrpcMetadataSession> metadata_session_;
};

}  // namespace penstock::adapter
