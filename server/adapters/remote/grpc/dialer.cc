// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/dialer.h"

#include <utility>

#include "adapters/remote/grpc/client_channel.h"
#include "transport/tcp/dialer.h"

namespace penstock::adapters {

GrpcDialer::GrpcDialer(Place place, config::RemoteHost host)
    : place_(place),
      shard_(place.user.shard()),
      redialer_(
          shard_, place.proxy, place.user.counters(), std::move(host),
          [this] { return place_.user.MayDial(); }, [this] { Dial(); }),
      resolver_(shard_),
      timer_([](void* self) { static_cast<GrpcDialer*>(self)->CheckConnected(); }, this) {}

void GrpcDialer::Stop() {
  redialer_.Stop();
  resolver_.Forget();
  left_.clear();
  if (guest_ != nullptr) TakeStream()->Finish(GrpcStatus::kOk, "");
}

void GrpcDialer::Dial() {
  why_.clear();
  resolver_.Look(redialer_.host().host, [this](StatusOr<tcp::Resolver::Addresses> found) {
    if (!found.ok()) {
      redialer_.OnFailed(std::string(Message(found.status())));
      return;
    }
    left_.assign(found->rbegin(), found->rend());
    TryNext();
  });
}

void GrpcDialer::TryNext() {
  if (left_.empty()) {
    redialer_.OnFailed(std::exchange(why_, {}));
    return;
  }
  const tcp::Endpoint where(left_.back(), redialer_.host().port);
  left_.pop_back();
  where_ = tcp::AddressText(where) + " port " + std::to_string(where.port()) + ": ";
  stream_ = GrpcClientStream::Begin(shard_, place_.calls,
                                    NewClientChannel(where, redialer_.host().host, place_.proxy,
                                                     place_.max_message_bytes, credentials_),
                                    place_.user.data_adapter().empty());
  GrpcGuestOwner* const owner = this;
  guest_ = std::make_unique<GrpcGuest>(shard_, stream_, owner);
  guest_->Wait();
  shard_.wheel().Arm(timer_, shard_.now() + tcp::Dialer::kTimeout);
}

void GrpcDialer::CheckConnected() {
  if (!stream_->connected()) Fail(GrpcStatus::kOk, "no answer");
}

GrpcStreamPtr GrpcDialer::TakeStream() {
  timer_.Cancel();
  stream_.reset();
  GrpcStreamPtr stream = guest_->Take();
  shard_.DeferDelete(std::move(guest_));
  return stream;
}

void GrpcDialer::Fail(GrpcStatus status, std::string_view why) {
  why_ = where_ + std::string(why);
  TakeStream()->Finish(status, why);
  TryNext();
}

void GrpcDialer::OnNoHello(GrpcGuest& /*guest*/, GrpcStatus status, std::string_view why) {
  Fail(status, why);
}

void GrpcDialer::OnGone(GrpcGuest& /*guest*/, std::string_view why) { Fail(GrpcStatus::kOk, why); }

void GrpcDialer::OnHello(GrpcGuest& /*guest*/, GrpcHello hello) {
  const auto is_right = [](const std::string& said, const std::string& name) {
    return said.empty() || said == name;
  };
  if (!is_right(hello.adapter_set, place_.user.adapter_set()) ||
      !is_right(hello.data_adapter, place_.user.data_adapter())) {
    Fail(GrpcStatus::kNotFound, "another adapter than this one is wanted here");
    return;
  }
  left_.clear();
  stream_->WhenGone(redialer_.OnReached(guest_->peer().text));
  place_.user.OnStream(TakeStream(), std::move(hello));
}

}  // namespace penstock::adapters
