// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <google/protobuf/arena.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/proxy_counters.h"
#include "adapters/remote/grpc/door.h"
#include "adapters/remote/grpc/stream.h"
#include "adapters/remote/grpc/wire.h"
#include "adapters/remote/pending_calls.h"
#include "adapters/remote/remote.h"
#include "config/settings.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

template <class Wire>
class GrpcRemote;

// Who is told what remote adapters say: their channel.
template <class Wire>
class GrpcSink {
 public:
  // What is no answer to a call; only while the remote adapter is ready. False when it is out of
  // place: the stream ends.
  virtual bool OnRemoteMessage(GrpcRemote<Wire>& remote,
                               const typename Wire::FromAdapter& message) = 0;

 protected:
  ~GrpcSink() = default;
};

// What the remote adapters of a channel share with it. Shard: the proxy's.
struct GrpcContext {
  runtime::Shard& shard;
  const config::ProxySettings& proxy;
  ProxyCounters& counters;
  std::string adapter_set;
  std::string data_adapter;  // empty: a Metadata Adapter
  std::string server_instance_id;
  std::uint64_t last_id = 0;  // of a call or subscription, on whichever stream
};

// A remote adapter that speaks gRPC, from its Hello on: initialises it, carries calls, and tells
// what it says.
template <class Wire>
class GrpcRemote final : public Remote, private GrpcStreamOwner {
 public:
  using Pending = PendingCalls<std::uint64_t, std::uint64_t, typename Wire::Answer>;

  GrpcRemote(GrpcContext& context, RemoteOwner* owner, GrpcSink<Wire>* sink, GrpcStreamPtr stream,
             GrpcHello hello);

  // Sends the initialisation.
  void Start();
  bool ready() const { return state_ == State::kReady; }
  bool knows_selectors() const { return hello_.knows_selectors; }

  void Send(const typename Wire::ToAdapter& message);
  // The answer to what was sent under this id.
  void Expect(std::uint64_t id, typename Pending::Handler handler);
  // Nobody waits for the answer any more.
  void Drop(std::uint64_t id) { pending_.Drop(id); }
  // False, and counted, when nobody waits for it.
  bool Complete(std::uint64_t id, const typename Wire::Answer& answer);
  void CountMalformed(std::string_view why);

  // Remote
  const std::string& peer() const override { return peer_; }
  std::string sdk() const override { return hello_.sdk; }
  std::string version() const override { return "gRPC"; }
  bool heard_anything() const override { return true; }  // Hello
  std::size_t calls_under_way() const override { return pending_.size(); }
  void FailCalls() override { pending_.FailAll(); }
  void OnRole(bool is_active) override;
  void Flush() override;
  void End(std::string_view reason, EndKind kind) override;

 private:
  enum class State : std::uint8_t { kConnecting, kInitSent, kReady, kLeaving, kEnded };

  // GrpcStreamOwner
  google::protobuf::MessageLite& NextMessage() override;
  void OnMessage(bool is_readable) override;
  void OnPaused() override;
  void OnBroken(std::string_view why) override { End(why, EndKind::kGone); }

  // True when `message` is about the life of the stream.
  bool OnLifeMessage(const typename Wire::FromAdapter& message);
  void OnInitDone();
  void OnGoodbye(const pb::Goodbye& goodbye);
  void Break(std::string_view why);
  // It has much to read: has it read any of that?
  void CheckBehind();

  // Fixed after construction.
  GrpcContext& context_;
  RemoteOwner* const owner_;
  GrpcSink<Wire>* const sink_;
  const GrpcHello hello_;
  const std::string peer_;

  // State.
  State state_ = State::kConnecting;
  GrpcStreamPtr stream_;
  std::size_t least_unsent_ = 0;              // while it is behind; 0: not looked at yet
  GrpcStatus last_status_ = GrpcStatus::kOk;  // unless how it ends says another one
  TimePoint last_heard_;
  TimePoint malformed_logged_ = TimePoint::min();
  std::vector<char> arena_block_;
  google::protobuf::Arena arena_;
  typename Wire::FromAdapter* message_ = nullptr;  // in `arena_`
  Pending pending_;
  runtime::WheelTimer init_timer_;
  runtime::WheelTimer rest_;
  runtime::WheelTimer behind_;
};

}  // namespace penstock::adapters
