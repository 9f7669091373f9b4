// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_client_stream.h"

#include <grpcpp/generic/generic_stub.h>

namespace penstock::adapter {

std::unique_ptr<GrpcClientStream> GrpcClientStream::Begin(std::shared_ptr<grpc::Channel> channel,
                                                          const std::string& method,
                                                          const std::string& authorization) {
  std::unique_ptr<GrpcClientStream> stream(new GrpcClientStream(std::move(channel)));
  if (!authorization.empty()) stream->context_.AddMetadata("authorization", authorization);
  grpc::GenericStub(stream->channel_)
      .PrepareBidiStreamingCall(&stream->context_, method, grpc::StubOptions(), stream.get());
  stream->AddHold();  // reads and writes are begun by threads of ours, too
  stream->StartReading();
  stream->StartCall();
  return stream;
}

void GrpcClientStream::End(const grpc::Status& /*status*/) {
  std::unique_lock lock(mutex_);
  if (!is_closed()) {
    // Its failure is what tells of the end.
    const bool read = Close();
    lock.unlock();
    context_.TryCancel();
    if (read) StartReading();
    lock.lock();
  }
  changed_.wait(lock, [this] { return is_over(); });
}

void GrpcClientStream::OnStill() {
  if (std::exchange(held_, false)) RemoveHold();
}

void GrpcClientStream::OnDone(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  NoteEnd(status);
  NoteOver();
}

}  // namespace penstock::adapter
