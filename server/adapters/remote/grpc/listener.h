// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "adapters/remote/grpc/stream.h"
#include "base/status.h"
#include "config/settings.h"
#include "transport/tcp/descriptor.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// Where remote adapters open streams, on connections that somebody else accepts: gRPC's server,
// with its health service. Owned by a GrpcListeningDoor, by the main thread.
class GrpcListener {
 public:
  // Called on gRPC's threads, several at once.
  using OnStream = absl::AnyInvocable<void(GrpcStreamPtr)>;

  using TlsContextPtr = std::shared_ptr<const tls::Context>;

  // After so long without a stream a connection is ended: it is of use to nobody, and its adapter
  // makes another one.
  static constexpr std::chrono::milliseconds kIdle = std::chrono::minutes(1);

  // Speaks as `proxy` says; `tls` is null without.
  static StatusOr<std::unique_ptr<GrpcListener>> Open(const config::ProxySettings& proxy,
                                                      std::size_t max_message_bytes,
                                                      TlsContextPtr tls, OnStream on_stream,
                                                      std::chrono::milliseconds idle = kIdle);
  // Ends all streams; those that have owners, without asking them.
  ~GrpcListener();

  // One more connection. Thread-safe.
  void Take(tcp::Descriptor connection);
  // For handshakes to come, where it was opened with TLS. Thread-safe.
  void SetTls(TlsContextPtr context);
  // For grpc.health.v1: a name of ours, and whether it is any use to connect now. Thread-safe.
  void SetServing(const std::string& name, bool serving);

 private:
  class Service;
  struct Parts;

  explicit GrpcListener(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::adapters
