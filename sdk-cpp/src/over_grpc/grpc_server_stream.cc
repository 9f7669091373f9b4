// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_server_stream.h"

#include <chrono>
#include <utility>

namespace penstock::adapter {
namespace {

// How long what is being written may take, and then the end of the stream.
constexpr std::chrono::milliseconds kLastWrite{1000};

// gRPC says "ipv4:127.0.0.1:50312" or "ipv6:%5B::1%5D:50312".
std::string AddressOf(std::string uri) {
  uri.erase(0, uri.find(':') + 1);
  for (const auto& [from, to] : {std::pair{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}}) {
    if (const size_t at = uri.find(from); at != std::string::npos) uri.replace(at, 3, to);
  }
  return uri;
}

}  // namespace

std::shared_ptr<GrpcServerStream> GrpcServerStream::Create(
    grpc::GenericCallbackServerContext* context) {
  std::shared_ptr<GrpcServerStream> stream(new GrpcServerStream(context));
  stream->self_ = stream;
  return stream;
}

GrpcServerStream::GrpcServerStream(grpc::GenericCallbackServerContext* context)
    : context_(context), peer_(AddressOf(context->peer())) {}

void GrpcServerStream::Accept(const std::string& authorization) {
  if (!authorization.empty()) context_->AddInitialMetadata("authorization", authorization);
  StartReading();
}

bool GrpcServerStream::has_ended() {
  const std::lock_guard lock(mutex_);
  return is_ended();
}

void GrpcServerStream::OnReadDone(bool ok) {
  if (!ok) {
    const std::lock_guard lock(mutex_);
    NoteEnd(context_->IsCancelled()
                ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the connection was lost")
                : grpc::Status::OK);
  }
  NoteRead(ok);
}

void GrpcServerStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  NoteEnd(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the connection was lost"));
}

void GrpcServerStream::End(const grpc::Status& status) {
  std::unique_lock lock(mutex_);
  if (is_closed()) return;
  static_cast<void>(Close());
  const auto written = [this] { return !is_writing(); };
  if (!changed_.wait_for(lock, kLastWrite, written)) {
    context_->TryCancel();
    changed_.wait(lock, written);
  }
  lock.unlock();
  Finish(status);
  lock.lock();
  const auto over = [this] { return is_over(); };
  if (changed_.wait_for(lock, kLastWrite, over)) return;
  context_->TryCancel();
  changed_.wait(lock, over);
}

void GrpcServerStream::OnDone() {
  std::shared_ptr<GrpcServerStream> self;  // behind the lock
  const std::lock_guard lock(mutex_);
  NoteOver();
  self = std::move(self_);
}

}  // namespace penstock::adapter
