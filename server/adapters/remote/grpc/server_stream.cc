// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/server_stream.h"

#include <grpcpp/security/auth_context.h>

#include <string>

namespace penstock::adapters {

namespace {

constexpr char kEnd[] = "the connection was lost, or the remote adapter has ended the stream";

}  // namespace

std::shared_ptr<GrpcServerStream> GrpcServerStream::Create(
    grpc::GenericCallbackServerContext* context, bool is_metadata) {
  std::shared_ptr<GrpcServerStream> stream(new GrpcServerStream(context, is_metadata));
  stream->KeepAlive(stream);
  return stream;
}

GrpcServerStream::GrpcServerStream(grpc::GenericCallbackServerContext* context, bool is_metadata)
    : GrpcByteStream(is_metadata, EndsWith::kUs), context_(context) {
  std::string authorization;
  const auto& headers = context->client_metadata();
  if (const auto it = headers.find("authorization"); it != headers.end()) {
    authorization.assign(it->second.data(), it->second.size());
  }
  SetPeer(context->peer(), authorization, *context->auth_context());
}

void GrpcServerStream::BeginEnd(const grpc::Status& last_word) {
  grpc::ServerGenericBidiReactor::Finish(last_word);
}

void GrpcServerStream::OnReadDone(bool ok) {
  const std::lock_guard lock(mutex_);
  NoteRead(ok);
  if (!ok) Break(kEnd);
}

void GrpcServerStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  NoteWritten(ok);
}

void GrpcServerStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  NoteCut();
  GiveUp(grpc::Status::CANCELLED);
  Break(kEnd);
}

void GrpcServerStream::OnDone() {
  std::shared_ptr<GrpcByteStream> self;  // behind the lock
  const std::lock_guard lock(mutex_);
  self = Over();
}

}  // namespace penstock::adapters
