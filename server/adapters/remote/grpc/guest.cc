// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/guest.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/remote/grpc/wire.h"

namespace penstock::adapters {

GrpcGuest::GrpcGuest(runtime::Shard& shard, GrpcStreamPtr stream, GrpcGuestOwner* owner)
    : shard_(shard),
      owner_(owner),
      stream_(std::move(stream)),
      timer_(
          [](void* self) {
            GrpcGuest& guest = *static_cast<GrpcGuest*>(self);
            guest.owner_->OnNoHello(guest, GrpcStatus::kDeadlineExceeded, "no Hello in time");
          },
          this) {}

void GrpcGuest::Wait() {
  shard_.wheel().Arm(timer_, shard_.now() + kPatience);
  stream_->Open(shard_, this, /*greeting=*/true);
}

GrpcStreamPtr GrpcGuest::Take() {
  timer_.Cancel();
  stream_->Leave();
  return std::move(stream_);
}

google::protobuf::MessageLite& GrpcGuest::NextMessage() {
  if (is_metadata()) return metadata_;
  return data_;
}

void GrpcGuest::OnMessage(bool is_readable) {
  const bool said_hello =
      is_readable && (is_metadata() ? metadata_.has_hello() : data_.has_hello());
  if (!said_hello) {
    owner_->OnNoHello(*this, GrpcStatus::kInvalidArgument, "the first message is no Hello");
    return;
  }
  const adapter::v1::Hello& hello = is_metadata() ? metadata_.hello() : data_.hello();
  const std::string version = hello.sdk_version().empty() ? "" : ' ' + hello.sdk_version();
  const auto& features = hello.features();
  owner_->OnHello(
      *this, {hello.adapter_set(), hello.data_adapter(), hello.sdk() + version, hello.instance_id(),
              std::find(features.begin(), features.end(), kSelectorsFeature) != features.end()});
}

}  // namespace penstock::adapters
