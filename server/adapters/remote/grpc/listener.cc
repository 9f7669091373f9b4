// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/listener.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "adapters/remote/grpc/keepalive.h"
#include "adapters/remote/grpc/server_stream.h"
#include "adapters/remote/grpc/tls_credentials.h"

namespace penstock::adapters {

namespace {

constexpr std::string_view kMetadata = "/penstock.adapter.v1.AdapterService/Metadata";
constexpr std::string_view kData = "/penstock.adapter.v1.AdapterService/Data";

// Pings of adapters beyond this are a flood.
constexpr int kLeastPingMillis = 5'000;
constexpr int kStreamsPerConnection = 100;
// Who connects and says nothing has no more time than who says no Hello.
constexpr int kHandshakeMillis = 10'000;

}  // namespace

// All methods come here, as bytes.
class GrpcListener::Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(OnStream on_stream) : on_stream_(std::move(on_stream)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const bool is_metadata = context->method() == kMetadata;
    auto stream = GrpcServerStream::Create(context, is_metadata);
    grpc::ServerGenericBidiReactor* const reactor = stream.get();
    if (!is_metadata && context->method() != kData) {
      stream->Finish(GrpcStatus::kUnimplemented, "no such method here");
    } else {
      on_stream_(std::move(stream));
    }
    return reactor;
  }

 private:
  OnStream on_stream_;
};

struct GrpcListener::Parts {
  explicit Parts(OnStream on_stream) : service(std::move(on_stream)) {}

  Service service;
  std::shared_ptr<GrpcTlsCredentials> tls;  // null: none
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance;
  std::unique_ptr<grpc::Server> server;
};

GrpcListener::GrpcListener(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::Open(const config::ProxySettings& proxy,
                                                           std::size_t max_message_bytes,
                                                           TlsContextPtr tls, OnStream on_stream,
                                                           std::chrono::milliseconds idle) {
  auto parts = std::make_unique<Parts>(std::move(on_stream));
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (tls != nullptr) {
    parts->tls = std::make_shared<GrpcTlsCredentials>(std::move(tls));
    credentials = parts->tls;
  }
  const GrpcKeepalive keepalive = KeepaliveOf(proxy);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  using Builder = grpc::ServerBuilder::experimental_type;
  parts->entrance = builder.experimental().AddExternalConnectionAcceptor(
      Builder::ExternalConnectionType::FROM_FD, credentials);
  builder.RegisterCallbackGenericService(&parts->service);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<std::size_t>(max_message_bytes, 1u << 30)));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMillis);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, static_cast<int>(idle.count()));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive.ping_after_millis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive.pong_within_millis);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kLeastPingMillis);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr) return Unavailable("no server of gRPC can be started");
  return std::unique_ptr<GrpcListener>(new GrpcListener(std::move(parts)));
}

GrpcListener::~GrpcListener() {
  parts_->server->Shutdown(std::chrono::system_clock::now() + kLastWords);
  parts_->server->Wait();
}

void GrpcListener::Take(tcp::Descriptor connection) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
  taken.fd = connection.Release();
  parts_->entrance->HandleNewConnection(&taken);
}

void GrpcListener::SetTls(TlsContextPtr context) { parts_->tls->SetContext(std::move(context)); }

void GrpcListener::SetServing(const std::string& name, bool serving) {
  if (auto* const health = parts_->server->GetHealthCheckService()) {
    health->SetServingStatus(name, serving);
  }
}

}  // namespace penstock::adapters
