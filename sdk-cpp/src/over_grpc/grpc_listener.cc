// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_listener.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

#include "over_grpc/grpc_lobby.h"
#include "over_grpc/listening_credentials.h"
#include "tcp.h"

namespace penstock::adapter {
namespace {

constexpr std::string_view kMetadata = "/penstock.adapter.v1.DialedAdapterService/Metadata";
constexpr std::string_view kData = "/penstock.adapter.v1.DialedAdapterService/Data";
constexpr std::string_view kHealth = "/grpc.health.v1.Health/Check";

// Of those that wait, the oldest gives way, so that strangers who fill the house still do not keep
// a server out that knows what to say.
constexpr size_t kMaxCallers = 16;
constexpr char kTaken[] = "another server is connected";
// Who connects and opens no stream.
constexpr int kHandshakeMillis = 10'000;
constexpr int kIdleMillis = 60'000;
constexpr int kStreamsPerConnection = 4;
// Under way at once: one that does not end keeps its connection.
constexpr int kMaxHealthChecks = 16;
// The server pings each half of its keepalive_timeout, however short its operator wants that.
constexpr int kLeastPingMillis = 100;
constexpr int kPingAfterMillis = 10'000;
constexpr int kPongWithinMillis = 20'000;
// How long what is said last may take.
constexpr std::chrono::milliseconds kLastWords{1000};

// Says that the process is there, to who asks for no service in particular.
// Owner: itself, until gRPC lets go.
class HealthCheck final : public grpc::ServerGenericBidiReactor {
 public:
  explicit HealthCheck(std::atomic<int>& under_way) : under_way_(under_way) {
    if (under_way_.fetch_add(1) < kMaxHealthChecks) {
      StartRead(&request_);
    } else {
      Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many checks at once"});
    }
  }

 private:
  // grpc::ServerGenericBidiReactor
  void OnReadDone(bool ok) override {
    if (ok && request_.Length() == 0) {
      StartWriteAndFinish(&serving_, grpc::WriteOptions(), grpc::Status::OK);
    } else {
      Finish({grpc::StatusCode::NOT_FOUND, "no such service"});
    }
  }
  void OnDone() override {
    under_way_.fetch_sub(1);
    delete this;
  }

  std::atomic<int>& under_way_;
  grpc::ByteBuffer request_;
  const grpc::Slice bytes_{"\x08\x01"};  // HealthCheckResponse: SERVING
  const grpc::ByteBuffer serving_{&bytes_, 1};
};

}  // namespace

// All methods come here, as bytes.
class GrpcListener::Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(GrpcListener* listener) : listener_(listener) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (context->method() == kHealth) return new HealthCheck(health_checks_);
    const auto stream = GrpcServerStream::Create(context);
    GrpcServerStream* const reactor = stream.get();
    if (context->method() == (listener_->is_data_ ? kData : kMetadata)) {
      listener_->OnStream(stream);
    } else {
      stream->Refuse({grpc::StatusCode::UNIMPLEMENTED,
                      listener_->is_data_ ? "a Data Adapter listens here, and nobody else"
                                          : "a Metadata Adapter listens here, and nobody else"});
    }
    return reactor;
  }

 private:
  GrpcListener* const listener_;
  std::atomic<int> health_checks_ = 0;
};

struct GrpcListener::Parts {
  explicit Parts(GrpcListener* listener) : service(listener) {}

  Service service;
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance;
  std::unique_ptr<grpc::Server> server;  // asks the credentials as long as it lives
  std::unique_ptr<GrpcLobby> lobby;
};

GrpcListener::GrpcListener(bool is_data, const Log& log, NodeCells& cells)
    : is_data_(is_data), log_(log), cells_(cells), parts_(std::make_unique<Parts>(this)) {}

Result<std::unique_ptr<GrpcListener>> GrpcListener::Open(UniqueFd socket, bool tls,
                                                         const HostOptions& options, bool is_data,
                                                         const Log& log, NodeCells& cells) {
  std::unique_ptr<GrpcListener> listener(new GrpcListener(is_data, log, cells));
  Parts& parts = *listener->parts_;
  if (tls) parts.credentials = std::make_shared<ListeningCredentials>(options.tls, log);
  grpc::ServerBuilder builder;
  using Builder = grpc::ServerBuilder::experimental_type;
  parts.entrance = builder.experimental().AddExternalConnectionAcceptor(
      Builder::ExternalConnectionType::FROM_FD, parts.credentials);
  builder.RegisterCallbackGenericService(&parts.service);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<size_t>(options.max_line_bytes, std::numeric_limits<int>::max())));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMillis);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMillis);
  const auto interval = options.keepalive.value_or(std::chrono::milliseconds(kPingAfterMillis));
  if (interval.count() > 0) {
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(std::clamp<int64_t>(
                                                               interval.count(), kPingAfterMillis,
                                                               std::numeric_limits<int>::max())));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPongWithinMillis);
  }
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kLeastPingMillis);
  parts.server = builder.BuildAndStart();
  if (parts.server == nullptr) return Error("gRPC has no server, or no use for the files of TLS");
  parts.lobby = std::make_unique<GrpcLobby>(
      [&parts](int fd) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
        taken.fd = fd;
        parts.entrance->HandleNewConnection(&taken);
      },
      [one = listener.get()](const std::string& peer, const std::string& why) {
        one->Report(peer, why);
      });
  const std::string address = LocalAddress(socket.get());
  const Status opened = parts.lobby->Open(std::move(socket));
  if (!opened) return opened.error();
  log.Write(LogLevel::kInfo, "waits for a server on " + address);
  return listener;
}

GrpcListener::~GrpcListener() {
  if (parts_->server == nullptr) return;
  parts_->lobby.reset();
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
  }
  TurnAllAway("the host listens no more");
  parts_->server->Shutdown(std::chrono::system_clock::now() + kLastWords);
  parts_->server->Wait();
}

std::shared_ptr<GrpcServerStream> GrpcListener::Await(const StopSignal& stop) {
  std::unique_lock lock(mutex_);
  served_.reset();
  changed_.wait(lock, [&] { return stop.raised() || !callers_.empty(); });
  if (stop.raised()) return nullptr;
  auto stream = std::move(callers_.front());
  callers_.pop_front();
  return stream;
}

void GrpcListener::Wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

size_t GrpcListener::callers() {
  const std::lock_guard lock(mutex_);
  return callers_.size();
}

void GrpcListener::Serve(std::shared_ptr<GrpcServerStream> stream) {
  parts_->lobby->Leave(stream->peer());
  {
    const std::lock_guard lock(mutex_);
    served_ = std::move(stream);
  }
  TurnAllAway(kTaken);
  const std::lock_guard lock(mutex_);
  reported_ = false;
}

void GrpcListener::OnStream(std::shared_ptr<GrpcServerStream> stream) {
  std::shared_ptr<GrpcServerStream> surplus;
  const char* why = kTaken;
  {
    const std::lock_guard lock(mutex_);
    if (retired_ || (served_ != nullptr && !served_->has_ended())) {
      surplus = std::move(stream);
    } else {
      callers_.push_back(std::move(stream));
      changed_.notify_all();
      if (callers_.size() > kMaxCallers) {
        surplus = std::move(callers_.front());
        callers_.pop_front();
        why = "too many at once";
      }
    }
  }
  if (surplus != nullptr) TurnAway(*surplus, why);
}

void GrpcListener::TurnAllAway(const std::string& why) {
  std::deque<std::shared_ptr<GrpcServerStream>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(callers_);
  }
  for (const auto& stream : left) TurnAway(*stream, why);
}

void GrpcListener::TurnAway(GrpcServerStream& stream, const std::string& why) {
  Report(stream.peer(), why);
  stream.Refuse({grpc::StatusCode::RESOURCE_EXHAUSTED, why});
}

void GrpcListener::Report(const std::string& peer, const std::string& why) {
  cells_.turned_away.Add();
  LogLevel level = LogLevel::kDebug;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(reported_, true)) level = LogLevel::kWarning;
  }
  log_.Write(level, "turned away " + peer + ": " + why);
}

}  // namespace penstock::adapter
