// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "adapters/remote/grpc/door.h"
#include "adapters/remote/grpc/stream.h"
#include "base/clock.h"
#include "penstock/adapter/v1/data.pb.h"
#include "penstock/adapter/v1/metadata.pb.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

class GrpcGuest;

// Who is told what a guest says. It takes the stream, then; the guest is of no more use.
class GrpcGuestOwner {
 public:
  virtual void OnHello(GrpcGuest& guest, GrpcHello hello) = 0;
  // It says something else, or nothing in time.
  virtual void OnNoHello(GrpcGuest& guest, GrpcStatus status, std::string_view why) = 0;
  virtual void OnGone(GrpcGuest& guest, std::string_view why) = 0;

 protected:
  ~GrpcGuestOwner() = default;
};

// A stream that has not said anything yet. Owned by who let it in, and by the shard's deferred list
// after any of the callbacks. Shard: its owner's.
class GrpcGuest final : public runtime::Deferred, private GrpcStreamOwner {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  GrpcGuest(runtime::Shard& shard, GrpcStreamPtr stream, GrpcGuestOwner* owner);

  void Wait();
  const GrpcPeer& peer() const { return stream_->peer(); }
  bool is_metadata() const { return stream_->is_metadata(); }
  // It has no owner any more.
  GrpcStreamPtr Take();

 private:
  // GrpcStreamOwner
  google::protobuf::MessageLite& NextMessage() override;
  void OnMessage(bool is_readable) override;
  void OnPaused() override {}  // not for a greeting
  void OnBroken(std::string_view why) override { owner_->OnGone(*this, why); }

  // Fixed after construction.
  runtime::Shard& shard_;
  GrpcGuestOwner* const owner_;

  // State.
  GrpcStreamPtr stream_;
  adapter::v1::MetadataAdapterMessage metadata_;
  adapter::v1::DataAdapterMessage data_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::adapters
