// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/remote.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/remote/short_text.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

// Adapters may load a lot before they have initialised themselves. One that never does holds a
// place: here no timeout is not for ever.
constexpr Duration kMinInitTime = std::chrono::seconds(60);
// How long a feed rests that is faster than the shards that own its items.
constexpr auto kRest = std::chrono::milliseconds(1);
// How long one that is behind has to read some of what waits for it.
constexpr auto kBehindCheck = std::chrono::seconds(5);
constexpr auto kMalformedLogInterval = std::chrono::seconds(60);
// A batch of events of the usual size takes no allocation.
constexpr std::size_t kArenaBlock = 64 * 1024;

using Stage = RemoteEnd::Stage;

google::protobuf::ArenaOptions ArenaOf(std::vector<char>& block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  return options;
}

}  // namespace

template <class Wire>
GrpcRemote<Wire>::GrpcRemote(GrpcContext& context, RemoteOwner* owner, GrpcSink<Wire>* sink,
                             GrpcStreamPtr stream, GrpcHello hello)
    : context_(context),
      owner_(owner),
      sink_(sink),
      hello_(std::move(hello)),
      peer_(stream->peer().text),
      stream_(std::move(stream)),
      last_heard_(context.shard.now()),
      arena_block_(Wire::kIsMetadata ? 4096 : kArenaBlock),
      arena_(ArenaOf(arena_block_)),
      pending_(context.shard, context.proxy.timeout),
      init_timer_(
          [](void* self) {
            auto& remote = *static_cast<GrpcRemote*>(self);
            remote.last_status_ = GrpcStatus::kDeadlineExceeded;
            remote.End("no answer to the initialisation in time", EndKind::kClosed);
          },
          this),
      rest_([](void* self) { static_cast<GrpcRemote*>(self)->stream_->Resume(); }, this),
      behind_([](void* self) { static_cast<GrpcRemote*>(self)->CheckBehind(); }, this) {}

template <class Wire>
void GrpcRemote<Wire>::Start() {
  const config::ProxySettings& proxy = context_.proxy;
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter connected", {"proxy", proxy.name}, {"peer", peer_});
  state_ = State::kInitSent;
  typename Wire::ToAdapter message;
  pb::Init& init = *message.mutable_init();
  init.set_adapter_set(context_.adapter_set);
  init.set_data_adapter(context_.data_adapter);
  init.set_server_instance_id(context_.server_instance_id);
  init.set_proxy_instance_id(context_.server_instance_id + '.' + proxy.name);
  for (const config::NameValue& param : proxy.remote_params) {
    (*init.mutable_params())[param.name] = param.value;
  }
  if (Wire::kIsMetadata) init.add_features(std::string(kSelectorsFeature));
  Send(message);
  context_.shard.wheel().Arm(
      init_timer_, context_.shard.now() + std::max<Duration>(proxy.timeout, kMinInitTime));
  stream_->Open(context_.shard, this, /*greeting=*/false);
}

// --- In

template <class Wire>
google::protobuf::MessageLite& GrpcRemote<Wire>::NextMessage() {
  message_ = google::protobuf::Arena::CreateMessage<typename Wire::FromAdapter>(&arena_);
  return *message_;
}

template <class Wire>
void GrpcRemote<Wire>::OnPaused() {
  last_heard_ = context_.shard.now();
  context_.shard.wheel().Arm(rest_, context_.shard.now() + kRest);
}

template <class Wire>
void GrpcRemote<Wire>::OnMessage(bool is_readable) {
  last_heard_ = context_.shard.now();
  if (!is_readable) {
    Break("a message that cannot be read");
  } else if (!OnLifeMessage(*message_)) {
    if (state_ == State::kInitSent) {
      Break("a message before InitDone");
    } else if (!sink_->OnRemoteMessage(*this, *message_)) {
      Break("a message out of place");
    }
  }
  message_ = nullptr;
  arena_.Reset();  // a large one shall not stay until the next one comes
  if (state_ == State::kLeaving && pending_.size() == 0) End("goodbye", EndKind::kLeft);
}

template <class Wire>
bool GrpcRemote<Wire>::OnLifeMessage(const typename Wire::FromAdapter& message) {
  using Message = typename Wire::FromAdapter;
  switch (message.kind_case()) {
    case Message::kInitDone:
      OnInitDone();
      return true;
    case Message::kInitFailed:
      if (state_ != State::kInitSent) return false;
      End("the remote adapter cannot be initialised: " + message.init_failed().message(),
          EndKind::kRefused);
      return true;
    case Message::kFailure:
      End("the remote adapter reports a failure: " + message.failure().message(),
          EndKind::kRefused);
      return true;
    case Message::kGoodbye:
      OnGoodbye(message.goodbye());
      return true;
    case Message::kHello:
      Break("a second Hello");
      return true;
    default:
      return false;
  }
}

template <class Wire>
void GrpcRemote<Wire>::OnInitDone() {
  if (state_ != State::kInitSent) {
    Break("InitDone without Init");
    return;
  }
  init_timer_.Cancel();
  state_ = State::kReady;
  context_.counters.connections.Add();
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter ready", {"proxy", context_.proxy.name},
               {"peer", peer_}, {"version", version()}, {"sdk", ShortText(hello_.sdk)},
               {"instance", ShortText(hello_.instance)});
  owner_->OnRemoteReady(*this);
}

template <class Wire>
void GrpcRemote<Wire>::OnGoodbye(const pb::Goodbye& goodbye) {
  if (state_ == State::kLeaving) {
    Break("a second Goodbye");
    return;
  }
  PENSTOCK_LOG(kAdapter, kInfo, "goodbye of a remote adapter", {"proxy", context_.proxy.name},
               {"peer", peer_}, {"reason", ShortText(goodbye.reason())});
  if (state_ == State::kReady) {
    state_ = State::kLeaving;
    owner_->OnRemoteLeaving(*this);
  } else if (state_ == State::kInitSent) {
    End("goodbye", EndKind::kLeft);
  }
}

template <class Wire>
void GrpcRemote<Wire>::Break(std::string_view why) {
  CountMalformed(why);
  last_status_ = GrpcStatus::kInvalidArgument;
  End("protocol error: " + std::string(why), EndKind::kClosed);
}

template <class Wire>
void GrpcRemote<Wire>::CountMalformed(std::string_view why) {
  context_.counters.malformed_lines.Add();
  const TimePoint now = context_.shard.now();
  if (malformed_logged_ != TimePoint::min() && now < malformed_logged_ + kMalformedLogInterval) {
    return;
  }
  malformed_logged_ = now;
  PENSTOCK_LOG(kAdapter, kWarn, "malformed message of a remote adapter (once a minute)",
               {"proxy", context_.proxy.name}, {"peer", peer_}, {"error", why});
}

// --- Out

template <class Wire>
void GrpcRemote<Wire>::Send(const typename Wire::ToAdapter& message) {
  if (stream_->Send(message) || behind_.armed() || state_ == State::kEnded) return;
  least_unsent_ = 0;
  context_.shard.wheel().Arm(behind_, context_.shard.now() + kBehindCheck);
}

// Subscriptions of all items at once may be more than it can read in a turn, so long as it goes on
// reading: each time there has to be less than the last.
template <class Wire>
void GrpcRemote<Wire>::CheckBehind() {
  const std::size_t unsent = stream_->unsent();
  if (unsent <= GrpcStream::kMostUnsent) return;
  if (least_unsent_ != 0 && unsent >= least_unsent_) {
    End("the remote adapter does not read", EndKind::kGone);
    return;
  }
  least_unsent_ = unsent;
  context_.shard.wheel().Arm(behind_, context_.shard.now() + kBehindCheck);
}

template <class Wire>
void GrpcRemote<Wire>::Expect(std::uint64_t id, typename Pending::Handler handler) {
  context_.counters.requests.Add();
  pending_.Add(id, std::move(handler));
}

template <class Wire>
bool GrpcRemote<Wire>::Complete(std::uint64_t id, const typename Wire::Answer& answer) {
  if (pending_.Complete(id, answer)) return true;
  context_.counters.late_replies.Add();
  return false;
}

template <class Wire>
void GrpcRemote<Wire>::OnRole(bool is_active) {
  typename Wire::ToAdapter message;
  message.mutable_role()->set_active(is_active);
  Send(message);
}

template <class Wire>
void GrpcRemote<Wire>::Flush() {
  if (state_ == State::kLeaving && pending_.size() == 0) {
    End("goodbye", EndKind::kLeft);
  }
}

// --- The end

template <class Wire>
void GrpcRemote<Wire>::End(std::string_view reason, EndKind kind) {
  if (state_ == State::kEnded) return;
  reason = ShortText(reason);
  RemoteEnd end{.remote = this, .kind = kind, .reason = std::string(reason)};
  if (state_ == State::kInitSent) end.stage = Stage::kInitSent;
  if (state_ == State::kReady || state_ == State::kLeaving) end.stage = Stage::kReady;
  end.heard_anything = true;
  end.last_heard = last_heard_;
  init_timer_.Cancel();
  rest_.Cancel();
  GrpcStatus status = last_status_;
  if (kind == EndKind::kRefused) status = GrpcStatus::kFailedPrecondition;
  if (kind == EndKind::kGone) status = GrpcStatus::kUnavailable;
  if (kind == EndKind::kClosed && status == GrpcStatus::kOk) {
    typename Wire::ToAdapter message;
    message.mutable_goodbye()->set_reason(end.reason);
    Send(message);
  }
  state_ = State::kEnded;
  behind_.Cancel();
  stream_->Finish(status, reason);
  owner_->OnRemoteEnd(end);
}

template class GrpcRemote<DataWire>;
template class GrpcRemote<MetadataWire>;

}  // namespace penstock::adapters
