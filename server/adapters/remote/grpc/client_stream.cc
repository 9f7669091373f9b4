// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/client_stream.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/auth_context.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "adapters/remote/grpc/wire.h"
#include "proto/status_text.h"

namespace penstock::adapters {

namespace {

constexpr char kDialedMetadata[] = "/penstock.adapter.v1.DialedAdapterService/Metadata";
constexpr char kDialedData[] = "/penstock.adapter.v1.DialedAdapterService/Data";

std::string Describe(const grpc::Status& status) {
  if (status.ok()) return "the remote adapter has ended the stream";
  return adapter_proto::StatusText(status.error_code(), status.error_message());
}

template <class Message>
Message Goodbye(GrpcStatus status, std::string_view text) {
  Message message;
  pb::Goodbye& goodbye = *message.mutable_goodbye();
  goodbye.set_reason(adapter_proto::StatusText(static_cast<int>(status), text));
  return message;
}

}  // namespace

// --- Those that are not over

GrpcCalls::~GrpcCalls() {
  std::unique_lock lock(mutex_);
  const auto none = [this] { return streams_.empty(); };
  if (changed_.wait_for(lock, kLastWords, none)) return;
  std::vector<std::shared_ptr<GrpcClientStream>> left;
  for (const auto& [raw, weak] : streams_) {
    if (auto stream = weak.lock()) left.push_back(std::move(stream));
  }
  lock.unlock();
  for (const auto& stream : left) stream->Abandon();
  lock.lock();
  changed_.wait(lock, none);
}

void GrpcCalls::Add(const std::shared_ptr<GrpcClientStream>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.emplace(stream.get(), stream);
}

void GrpcCalls::Remove(const GrpcClientStream* stream, absl::FunctionRef<void()> last) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  last();
  changed_.notify_all();
}

// --- The beginning

GrpcClientStream::GrpcClientStream(runtime::Shard& shard, GrpcCalls& calls,
                                   std::shared_ptr<grpc::Channel> channel, bool is_metadata)
    : GrpcByteStream(is_metadata, EndsWith::kAdapter),
      home_(shard),
      calls_(calls),
      channel_(std::move(channel)) {}

std::shared_ptr<GrpcClientStream> GrpcClientStream::Begin(runtime::Shard& shard, GrpcCalls& calls,
                                                          std::shared_ptr<grpc::Channel> channel,
                                                          bool is_metadata) {
  std::shared_ptr<GrpcClientStream> stream(
      new GrpcClientStream(shard, calls, std::move(channel), is_metadata));
  stream->KeepAlive(stream);
  calls.Add(stream);
  // Its headers say who is there: until then nothing is read.
  stream->BlockReading();
  grpc::GenericStub(stream->channel_)
      .PrepareBidiStreamingCall(&stream->context_, is_metadata ? kDialedMetadata : kDialedData,
                                grpc::StubOptions(), stream.get());
  stream->AddHold();  // reads and writes are begun by the shard, too
  stream->StartCall();
  return stream;
}

bool GrpcClientStream::connected() const {
  return channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
}

void GrpcClientStream::OnReadInitialMetadataDone(bool ok) {
  const std::lock_guard lock(mutex_);
  if (ok) {
    std::string authorization;
    const auto& headers = context_.GetServerInitialMetadata();
    if (const auto it = headers.find("authorization"); it != headers.end()) {
      authorization.assign(it->second.data(), it->second.size());
    }
    SetPeer(context_.peer(), authorization, *context_.auth_context());
  }
  BeginReading();
}

// --- In and out

void GrpcClientStream::OnReadDone(bool ok) {
  const std::lock_guard lock(mutex_);
  NoteRead(ok);
  LetGo();
}

void GrpcClientStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  NoteWritten(ok);
  LetGo();
}

// --- The end

void GrpcClientStream::Finish(GrpcStatus status, std::string_view text) {
  if (status != GrpcStatus::kOk) {
    if (is_metadata()) {
      Send(Goodbye<MetadataWire::ToAdapter>(status, text));
    } else {
      Send(Goodbye<DataWire::ToAdapter>(status, text));
    }
  }
  GrpcByteStream::Finish(status, text);
}

void GrpcClientStream::BeginEnd(const grpc::Status& /*last_word*/) {
  if (can_read()) StartWritesDone();
}

void GrpcClientStream::Abandon() {
  const std::lock_guard lock(mutex_);
  GiveUp(grpc::Status::CANCELLED);
  context_.TryCancel();
}

void GrpcClientStream::LetGo() {
  if (is_still() && std::exchange(held_, false)) RemoveHold();
}

void GrpcClientStream::OnDone(const grpc::Status& status) {
  std::shared_ptr<GrpcByteStream> self;
  {
    const std::lock_guard lock(mutex_);
    Break(Describe(status));
    self = Over();
  }
  // The shard comes behind what Break() has posted, and has the stream then: it is gone here.
  calls_.Remove(this, [this, &self] {
    home_.Post([this, self = std::move(self)] {
      if (gone_) gone_();
    });
  });
}

}  // namespace penstock::adapters
