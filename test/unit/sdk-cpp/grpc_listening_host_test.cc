// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Hosts over gRPC that wait for a server, which is played here.
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "over_grpc/grpc_lobby.h"
#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/v1/adapter_service.grpc.pb.h"
#include "unit/sdk-cpp/dialling_server.h"
#include "unit/sdk-cpp/fake_metadata.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

namespace pb = penstock::adapter::v1;
using std::chrono::hours;
using std::chrono::milliseconds;

// A server that has dialed, on a connection of its own.
template <class ToAdapter, class FromAdapter>
class Dialled {
 public:
  using Stream = grpc::ClientReaderWriter<ToAdapter, FromAdapter>;

  explicit Dialled(uint16_t port) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                         grpc::InsecureChannelCredentials(), arguments);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context_.set_wait_for_ready(true);
    const auto stub = pb::DialedAdapterService::NewStub(channel_);
    if constexpr (std::is_same_v<ToAdapter, pb::DataServerMessage>) {
      stream_ = stub->Data(&context_);
    } else {
      stream_ = stub->Metadata(&context_);
    }
  }
  ~Dialled() {
    if (!over_) Drop();
  }

  void Say(const ToAdapter& message) { stream_->Write(message); }
  // The next message; without a kind if the adapter says no more.
  FromAdapter Hear() {
    FromAdapter message;
    if (!stream_->Read(&message)) message.Clear();
    return message;
  }
  // Hears Hello, opens the adapter, hears that it is open.
  void Open() {
    EXPECT_TRUE(Hear().has_hello());
    ToAdapter message;
    message.mutable_init()->set_adapter_set("DEMO");
    Say(message);
    EXPECT_TRUE(Hear().has_init_done());
    message.mutable_role()->set_active(true);
    Say(message);
  }
  // Says no more, and hears the rest.
  grpc::Status End() {
    over_ = true;
    stream_->WritesDone();
    for (FromAdapter rest; stream_->Read(&rest);) {
    }
    return stream_->Finish();
  }
  // As when its process is gone.
  grpc::Status Drop() {
    context_.TryCancel();
    return End();
  }
  // Once something was heard.
  std::string authorization() {
    const auto& headers = context_.GetServerInitialMetadata();
    const auto at = headers.find("authorization");
    return at == headers.end() ? "" : std::string(at->second.data(), at->second.size());
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  bool over_ = false;
};

using DataServer = Dialled<pb::DataServerMessage, pb::DataAdapterMessage>;
using MetadataServer = Dialled<pb::MetadataServerMessage, pb::MetadataAdapterMessage>;

// Nobody in here would live to see its back-off.
class GrpcListeningHost : public ::testing::Test {
 protected:
  GrpcListeningHost() {
    options_.servers = {"grpc-listen://:0"};
    options_.min_backoff = options_.max_backoff = hours(1);
    options_.listener = &listener_;
  }
  ~GrpcListeningHost() override {
    if (host_ != nullptr) host_->Stop(milliseconds(0));
  }

  // The port to dial.
  uint16_t Start() {
    host_ = std::make_unique<AdapterHost>(provider_, options_);
    EXPECT_TRUE(host_->Start().ok());
    return ListeningPort(&listener_);
  }
  // Subscribes an item that has a snapshot, so that nothing but the answer comes.
  void Subscribe(DataServer* server) {
    pb::DataServerMessage message;
    message.mutable_subscribe()->set_item("snap");
    message.mutable_subscribe()->set_subscription(7);
    server->Say(message);
    const auto answer = server->Hear();
    EXPECT_EQ(answer.subscribe_result().subscription(), 7u);
    EXPECT_FALSE(answer.subscribe_result().has_error());
  }

  const std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  FakeListener listener_;
  HostOptions options_;
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(GrpcListeningHost, ServesTheServerThatDials) {
  DataServer server(Start());
  const pb::Hello hello = server.Hear().hello();
  EXPECT_EQ(hello.adapter_set() + hello.data_adapter(), "");
  EXPECT_EQ(hello.sdk(), "Penstock C++ SDK");
  EXPECT_EQ(server.authorization(), "");
  pb::DataServerMessage init;
  init.mutable_init()->set_adapter_set("DEMO");
  server.Say(init);
  EXPECT_TRUE(server.Hear().has_init_done());
  Subscribe(&server);
  EXPECT_EQ(provider_->handle("snap").Update({{"a", "1"}}), PushResult::kOk);
  // The names of fields may come in a message of their own.
  pb::EventBatch events;
  while (events.events_size() == 0) {
    const auto message = server.Hear();
    ASSERT_TRUE(message.has_events());
    events.MergeFrom(message.events());
  }
  EXPECT_EQ(events.events(0).update().fields(0).text(), "1");
}

TEST_F(GrpcListeningHost, SaysWhoItIsAndForWhom) {
  options_.servers = {"grpc-listen://:0/DEMO/QUOTES"};
  options_.password = "s3cret";
  DataServer server(Start());
  const pb::Hello hello = server.Hear().hello();
  EXPECT_EQ(hello.adapter_set(), "DEMO");
  EXPECT_EQ(hello.data_adapter(), "QUOTES");
  EXPECT_EQ(server.authorization(), "Bearer s3cret");
}

TEST_F(GrpcListeningHost, AcceptsAgainAtOnceAfterALoss) {
  const uint16_t port = Start();
  for (int i = 0; i < 3; ++i) {
    DataServer server(port);
    server.Open();
    server.Drop();
    EXPECT_TRUE(listener_.states.SkipTo("connecting UNAVAILABLE: the connection was lost"));
  }
  // One that never got as far as an init makes nobody wait, either.
  DataServer(port).Drop();
  DataServer server(port);
  server.Open();
  Subscribe(&server);
}

TEST_F(GrpcListeningHost, EndsTheStreamWhenTheServerHasSaidGoodbye) {
  const uint16_t port = Start();
  DataServer server(port);
  server.Open();
  pb::DataServerMessage message;
  message.mutable_goodbye()->set_reason("the server is shutting down");
  server.Say(message);
  EXPECT_TRUE(server.End().ok());
  EXPECT_TRUE(listener_.states.SkipTo("connecting the server is shutting down"));
  DataServer next(port);
  next.Open();
}

TEST_F(GrpcListeningHost, TellsWhyAServerThatDialsRefusesIt) {
  const uint16_t port = Start();
  DataServer server(port);
  EXPECT_TRUE(server.Hear().has_hello());
  pb::DataServerMessage message;
  message.mutable_goodbye()->set_reason("UNAUTHENTICATED: wrong credentials");
  server.Say(message);
  EXPECT_EQ(server.End().error_message(), "UNAUTHENTICATED: wrong credentials");
  DataServer next(port);
  next.Open();
  EXPECT_EQ(host_->counters().total.turned_away, 1u);
}

TEST_F(GrpcListeningHost, TurnsASecondServerAway) {
  const uint16_t port = Start();
  DataServer first(port);
  first.Open();
  {
    DataServer second(port);
    const grpc::Status status = second.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(status.error_message(), "another server is connected");
  }
  EXPECT_EQ(host_->counters().total.turned_away, 1u);
  Subscribe(&first);
  first.Drop();
  EXPECT_TRUE(listener_.states.SkipTo("connecting UNAVAILABLE: the connection was lost"));
  DataServer third(port);
  third.Open();
}

TEST_F(GrpcListeningHost, GivesUpOnWhoeverDialsAndSaysNothing) {
  options_.connect_timeout = milliseconds(20);
  DataServer server(Start());
  EXPECT_TRUE(server.Hear().has_hello());
  EXPECT_FALSE(server.Hear().has_hello());
  const grpc::Status status = server.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(status.error_message(), "the server sent no init in time");
}

TEST_F(GrpcListeningHost, WhoSaysNothingKeepsAServerOutForAMomentOnly) {
  options_.connect_timeout = hours(1);
  const uint16_t port = Start();
  DataServer silent(port);
  EXPECT_TRUE(silent.Hear().has_hello());
  DataServer server(port);
  server.Open();
  Subscribe(&server);
  EXPECT_EQ(silent.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(GrpcListeningHost, IsOneAdapterOfOneKind) {
  MetadataServer server(Start());
  EXPECT_EQ(server.End().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcListeningHost, EndsTheStreamOfAServerThatBreaksTheContract) {
  DataServer server(Start());
  server.Open();
  pb::DataServerMessage message;
  message.mutable_init()->set_adapter_set("DEMO");
  server.Say(message);
  const grpc::Status status = server.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "protocol error of the server: a second init");
}

TEST_F(GrpcListeningHost, SaysGoodbyeWhenItIsStopped) {
  DataServer server(Start());
  server.Open();
  std::thread stop([this] { host_->Stop(); });
  EXPECT_TRUE(server.Hear().has_goodbye());
  EXPECT_TRUE(server.End().ok());
  stop.join();
  EXPECT_TRUE(listener_.states.SkipTo("stopped stopped"));
}

// How many bytes a whole health check is answered with; below 0: the status that refuses it.
int CheckHealth(uint16_t port, const grpc::Slice& request = grpc::Slice("")) {
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status = grpc::internal::BlockingUnaryCall(
      channel.get(), method, &context, grpc::ByteBuffer(&request, 1), &answer);
  return status.ok() ? static_cast<int>(answer.Length()) : -1 * status.error_code();
}

TEST_F(GrpcListeningHost, TellsThatItIsThere) {
  const uint16_t port = Start();
  EXPECT_EQ(CheckHealth(port), 2);
  EXPECT_EQ(CheckHealth(port, grpc::Slice("\n\x01x")), -1 * grpc::StatusCode::NOT_FOUND);
}

// A health check of which the request never comes, on a connection of its own.
class EndlessCheck {
 public:
  explicit EndlessCheck(uint16_t port) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
                                         grpc::InsecureChannelCredentials(), arguments);
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                           grpc::internal::RpcMethod::BIDI_STREAMING);
    call_.reset(Calls::Create(channel_.get(), method, &context_));
  }
  ~EndlessCheck() {
    context_.TryCancel();
    call_->Finish();
  }

 private:
  using Calls = grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>;

  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> call_;
};

TEST_F(GrpcListeningHost, HasSoManyHealthChecksUnderWayAtOnce) {
  constexpr int kMost = 16;
  const uint16_t port = Start();
  const auto await = [port](int answer) {
    for (int i = 0; i < 2000 && CheckHealth(port) != answer; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    return CheckHealth(port);
  };
  std::vector<std::unique_ptr<EndlessCheck>> checks;
  for (int i = 0; i < kMost; ++i) checks.push_back(std::make_unique<EndlessCheck>(port));
  EXPECT_EQ(await(-1 * grpc::StatusCode::RESOURCE_EXHAUSTED),
            -1 * grpc::StatusCode::RESOURCE_EXHAUSTED);
  checks.pop_back();
  EXPECT_EQ(await(2), 2);
}

// A server that reads nothing does not keep it, either.
TEST_F(GrpcListeningHost, StopsInTimeWhateverTheServerDoes) {
  const uint16_t port = Start();
  DataServer server(port);
  server.Open();
  Subscribe(&server);
  const std::string pad(100'000, 'x');
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(provider_->handle("snap").Update({{"a", pad}}), PushResult::kClosed);
  }
  const auto before = std::chrono::steady_clock::now();
  host_->Stop(milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(8));
}

// Reads until the end of the connection: true; or until the time is over.
bool IsEnded(const UniqueFd& connection) {
  char bytes[4096];
  while (AwaitReadable(connection.get())) {
    const ssize_t count = ::recv(connection.get(), bytes, sizeof(bytes), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return true;
  }
  return false;
}

TEST_F(GrpcListeningHost, StrangersHaveLittleRoomAndTheOldestGoes) {
  constexpr uint64_t kBeyond = 3;
  const uint16_t port = Start();
  DataServer server(port);
  server.Open();
  std::vector<UniqueFd> strangers;
  for (size_t i = 0; i < GrpcLobby::kRoom + kBeyond; ++i) strangers.push_back(DialSocket(port));
  for (size_t i = 0; i < kBeyond; ++i) EXPECT_TRUE(IsEnded(strangers[i]));
  EXPECT_EQ(host_->counters().total.turned_away, kBeyond);
  Subscribe(&server);
}

TEST_F(GrpcListeningHost, WhoSaysMoreThanIsToBeSaidIsEnded) {
  const uint16_t port = Start();
  DataServer stranger(port);
  EXPECT_TRUE(stranger.Hear().has_hello());
  pb::DataServerMessage message;
  message.mutable_init()->set_adapter_set(std::string(200 * GrpcLobby::kMostBytes, 'x'));
  stranger.Say(message);
  EXPECT_EQ(stranger.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  std::string line;
  while (line != "<nothing>" && line.find("sends more than it has to say") == std::string::npos) {
    line = listener_.log.Next();
  }
  EXPECT_NE(line, "<nothing>");
}

TEST_F(GrpcListeningHost, TheServerThatIsLetInMaySayWhatItLikes) {
  DataServer server(Start());
  server.Open();
  pb::DataServerMessage message;
  message.mutable_subscribe()->set_item("snap" + std::string(4 * GrpcLobby::kMostBytes, 'x'));
  message.mutable_subscribe()->set_subscription(5);
  server.Say(message);
  EXPECT_EQ(server.Hear().subscribe_result().subscription(), 5u);
  Subscribe(&server);
}

TEST_F(GrpcListeningHost, StopsWhileItWaits) {
  Start();
  host_->Stop();
  EXPECT_EQ(host_->state(), HostState::kStopped);
  EXPECT_TRUE(listener_.states.SkipTo("stopped stopped"));
}

TEST_F(GrpcListeningHost, APortInUseIsToldAndTriedAgain) {
  const uint16_t port = Start();
  HostOptions options = options_;
  FakeListener listener;
  options.listener = &listener;
  options.servers = {"grpc-listen://127.0.0.1:" + std::to_string(port)};
  options.min_backoff = options.max_backoff = milliseconds(10);
  AdapterHost other(provider_, options);
  ASSERT_TRUE(other.Start().ok());
  EXPECT_TRUE(listener.states.SkipTo("connecting cannot listen on 127.0.0.1:" +
                                     std::to_string(port) + ": Address already in use"));
  host_->Stop();
  EXPECT_EQ(ListeningPort(&listener), port);
  other.Stop();
}

TEST(GrpcListeningMetadataHost, ServesTheServerThatDials) {
  FakeListener listener;
  HostOptions options;
  options.servers = {"grpc-listen://:0"};
  options.listener = &listener;
  AdapterHost host(std::make_shared<FakeMetadata>(), options);
  ASSERT_TRUE(host.Start().ok());
  {
    MetadataServer server(ListeningPort(&listener));
    server.Open();
    pb::MetadataServerMessage message;
    message.mutable_request()->set_id(5);
    message.mutable_request()->mutable_get_items()->set_group("a b");
    message.mutable_request()->mutable_get_items()->set_session("S1");
    server.Say(message);
    EXPECT_EQ(server.Hear().answer().id(), 5u);
  }
  host.Stop();
}

}  // namespace
}  // namespace penstock::adapter
