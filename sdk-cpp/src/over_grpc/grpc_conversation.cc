// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_conversation.h"

#include <grpcpp/impl/codegen/proto_buffer_reader.h>
#include <netdb.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "grpc.h"
#include "over_grpc/channel.h"
#include "over_grpc/grpc_client_stream.h"
#include "over_grpc/handshake.h"
#include "penstock/adapter/v1/metadata.pb.h"
#include "proto/status_text.h"
#include "tcp.h"
#include "tls.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kDataMethod = "/penstock.adapter.v1.AdapterService/Data";
constexpr std::string_view kMetadataMethod = "/penstock.adapter.v1.AdapterService/Metadata";
// How long a refusal may take to go out, and the server to end the stream behind it.
constexpr milliseconds kFlushTime{1000};
// How often it is looked whether a server that left its answers has taken them.
constexpr milliseconds kUnreadCheck{50};
// How long who has dialed first has the time to send its init before another one takes its place,
// and how often it is looked for that.
constexpr milliseconds kInitGrace{2000};
constexpr milliseconds kCallerCheck{100};

std::string Describe(const grpc::Status& status) {
  if (status.ok()) return "the server ended the stream";
  return adapter_proto::StatusText(status.error_code(), status.error_message());
}

}  // namespace

Status CheckGrpc(const Endpoint& endpoint, const HostOptions& options) {
  if (options.user && !options.password) {
    return Error("endpoint \"" + endpoint.text + "\": there is a user, but no password");
  }
  if (!endpoint.tls) return {};
  const auto loaded = LoadTls(options.tls, endpoint.role);
  if (!loaded) return Error("endpoint \"" + endpoint.text + "\": " + loaded.error().message());
  return {};
}

std::unique_ptr<Conversation> NewGrpcConversation(Conversation::Context context) {
  return std::make_unique<GrpcConversation>(std::move(context));
}

// --- For any thread

void GrpcConversation::Wake() {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) session_->calls().Wake();
  if (stream_ != nullptr) stream_->Wake();
  if (listener_ != nullptr) listener_->Wake();
}

size_t GrpcConversation::queued_bytes() {
  const std::lock_guard lock(mutex_);
  return outbox_ == nullptr ? 0 : outbox_->queued_bytes();
}

std::shared_ptr<MetadataSession> GrpcConversation::metadata_session() {
  const std::lock_guard lock(mutex_);
  return metadata_session_;
}

Status GrpcConversation::Fail(std::string_view message) {
  const std::lock_guard lock(mutex_);
  const auto fail = [&](auto& out) { out.mutable_failure()->set_message(ToUtf8(message)); };
  if (session_ != nullptr && Say(fail)) return {};
  return Error("there is no connection to the server");
}

// --- The beginning

template <class Set>
bool GrpcConversation::Say(const Set& set) {
  if (is_data()) {
    pb::DataAdapterMessage message;
    set(message);
    return outbox_->PushAnswer(WholeMessage(message));
  }
  pb::MetadataAdapterMessage message;
  set(message);
  return outbox_->PushAnswer(WholeMessage(message));
}

GrpcConversation::GrpcConversation(Context context)
    : context_(std::move(context)),
      resolver_(context_.endpoint->host, context_.endpoint->port, AI_PASSIVE) {}

Status GrpcConversation::Open() {
  if (context_.endpoint->listens()) return Listen();
  Status status = Dial();
  if (status) status = Greet();
  if (!status) CloseStream(grpc::Status::CANCELLED);
  return status;
}

Status GrpcConversation::Dial() {
  auto channel = NewChannel(*context_.endpoint, options());
  if (!channel) return channel.error();
  return Begin(GrpcClientStream::Begin(std::move(channel).value(),
                                       std::string(is_data() ? kDataMethod : kMetadataMethod),
                                       Authorization(options())));
}

Result<UniqueFd> GrpcConversation::Bind() {
  const Endpoint& endpoint = *context_.endpoint;
  const Patience patience{DeadlineAfter(options().connect_timeout), context_.stop};
  const Result<Addresses> addresses = resolver_.Look(patience);
  Result<UniqueFd> bound = addresses ? adapter::Listen(*addresses) : addresses.error();
  if (bound) return bound;
  return Error("cannot listen on " + HostAndPort(endpoint.host, endpoint.port) + ": " +
               bound.error().message());
}

Status GrpcConversation::Listen() {
  if (listener_ == nullptr) {
    auto socket = Bind();
    if (!socket) return socket.error();
    auto opened = GrpcListener::Open(std::move(socket).value(), context_.endpoint->tls, options(),
                                     is_data(), log(), *context_.cells);
    if (!opened) return opened.error();
    const std::lock_guard lock(mutex_);
    listener_ = std::move(opened).value();
  }
  while (const auto stream = listener_->Await(*context_.stop)) {
    stream->Accept(Authorization(options()));
    Status status = Begin(stream);
    if (status) status = Greet();
    if (status) {
      listener_->Serve(stream);
      log().Write(LogLevel::kInfo, "connected by " + stream->peer());
      return status;
    }
    CloseStream({grpc::StatusCode::DEADLINE_EXCEEDED, status.error().message()});
    listener_->Report(stream->peer(), status.error().message());
  }
  return Error("stopped");
}

// A host that is stopped keeps no port.
void GrpcConversation::Retire() {
  std::unique_ptr<GrpcListener> gone;  // behind the lock
  const std::lock_guard lock(mutex_);
  gone = std::move(listener_);
}

Status GrpcConversation::Begin(std::shared_ptr<GrpcStream> stream) {
  {
    const std::lock_guard lock(mutex_);
    stream_ = std::move(stream);
    outbox_ = std::make_shared<Outbox>(options().max_queued_bytes, context_.cells);
  }
  goodbye_.clear();
  try {
    writer_ =
        std::thread([outbox = outbox_, stream = stream_.get()] { outbox->WriterLoop(stream); });
  } catch (const std::system_error& e) {
    return Error(std::string("cannot start a thread: ") + e.what());
  }
  return {};
}

Status GrpcConversation::Greet() {
  Say([&](auto& message) { *message.mutable_hello() = HelloOf(*context_.endpoint, is_data()); });
  std::string reason;
  switch (HearInit(&reason)) {
    case Next::kGoOn:
      break;
    case Next::kStop:
      return Error(context_.stop->raised() ? "stopped" : "the server sent no init in time");
    case Next::kEnded:
    case Next::kDisconnect:
      return Error(reason);
  }
  return is_data() ? TakeInit(&incoming_.data) : TakeInit(&incoming_.metadata);
}

template <class Message>
Status GrpcConversation::TakeInit(Message* message) {
  // A server that has dialed refuses so.
  if (message->has_goodbye()) return Error(message->goodbye().reason());
  if (!message->has_init()) return Error("protocol error of the server: a message before its init");
  init_ = std::move(*message->mutable_init());
  return {};
}

GrpcConversation::Next GrpcConversation::HearInit(std::string* reason) {
  const auto deadline = DeadlineAfter(options().connect_timeout);
  const auto began = Clock::now();
  const bool dials = listener_ == nullptr;
  while (true) {
    const auto until = dials ? deadline : std::min(deadline, DeadlineAfter(kCallerCheck));
    const Next next = Hear(until, &context_.stop->flag(), reason);
    if (next != Next::kStop || context_.stop->raised()) return next;
    const auto now = Clock::now();
    if (now >= deadline) return next;
    // Shared among all that wait: a server gives up that is not heard for ten seconds.
    const size_t waiting = dials ? 0 : listener_->callers();
    if (waiting > 0 && now >= began + kInitGrace / (1 + waiting)) return next;
  }
}

void GrpcConversation::OpenSession() {
  Adapter& adapter = *context_.adapter;
  SessionContext context;
  context.answers = outbox_;
  context.events = outbox_;
  context.cells = context_.cells;
  context.log = context_.log;
  context.server = context_.endpoint->text;
  context.lease = adapter.NewLease();
  const std::lock_guard lock(mutex_);
  if (is_data()) {
    outbox_->JoinCapacity(adapter.feeds().capacity);
    data_session_ =
        std::make_shared<GrpcDataSession>(std::move(context), adapter.items(), adapter.fields());
    session_ = data_session_;
    return;
  }
  SessionOwners* const owners = adapter.owners();
  if (owners != nullptr) owners->StartServer(context.server, init_.server_instance_id());
  metadata_session_ = std::make_shared<GrpcMetadataSession>(std::move(context), adapter.metadata(),
                                                            adapter.pool(), owners);
  session_ = metadata_session_;
}

// --- In

Conversation::Ending GrpcConversation::Serve() {
  Ending ending;
  const Status opened = context_.adapter->Open(ParamsOf(init_, options().params));
  if (!opened) {
    Say([&](auto& message) {
      pb::Error& error = *message.mutable_init_failed();
      error.set_kind(pb::Error::KIND_INIT);
      error.set_message(ToUtf8(opened.error().message()));
    });
    stream_->AwaitEnd(DeadlineAfter(kFlushTime), &context_.stop->flag());
    CloseStream({grpc::StatusCode::FAILED_PRECONDITION, opened.error().message()});
    ending.reason = "init refused: " + opened.error().message();
    return ending;
  }
  Say([](auto& message) { message.mutable_init_done(); });
  OpenSession();
  const auto stable_at = DeadlineAfter(options().max_backoff);
  context_.cells->connections.Add();
  log().Write(LogLevel::kInfo, "ready, protocol gRPC");
  context_.on_ready();

  Next next = Next::kGoOn;
  while (next == Next::kGoOn) next = ServeOnce(&ending.reason);
  ending.was_stable = Clock::now() >= stable_at;
  if (next == Next::kStop) Leave(DeadlineAfter(context_.stop->drain()));
  // First the stream: a call that waits for room in the queue must be let go before all calls can
  // end.
  CloseStream(next == Next::kDisconnect
                  ? grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, ending.reason)
                  : grpc::Status::OK);
  EndSession();
  return ending;
}

GrpcConversation::Next GrpcConversation::Hear(Clock::time_point deadline,
                                              const std::atomic<bool>* interrupted,
                                              std::string* reason) {
  grpc::ByteBuffer bytes;
  switch (stream_->Take(deadline, interrupted, &bytes)) {
    case GrpcStream::Taken::kNothing:
      return Next::kStop;
    case GrpcStream::Taken::kEnd:
      *reason = goodbye_.empty() ? Describe(stream_->status()) : goodbye_;
      return Next::kEnded;
    case GrpcStream::Taken::kMessage:
      break;
  }
  grpc::ProtoBufferReader reader(&bytes);
  const bool is_readable = is_data() ? incoming_.data.ParseFromZeroCopyStream(&reader)
                                     : incoming_.metadata.ParseFromZeroCopyStream(&reader);
  if (is_readable) return Next::kGoOn;
  context_.cells->malformed.Add();
  *reason = "protocol error of the server: a message that cannot be read";
  return Next::kDisconnect;
}

GrpcConversation::Next GrpcConversation::ServeOnce(std::string* reason) {
  const std::atomic<bool>& stopped = context_.stop->flag();
  // Who asks and asks and does not read the answers is asked to wait.
  while (outbox_->queued_answer_bytes() > options().max_queued_bytes) {
    if (stopped.load()) return Next::kStop;
    if (stream_->AwaitEnd(DeadlineAfter(kUnreadCheck), &stopped)) break;
  }
  const Next heard = Hear(Clock::time_point::max(), &stopped, reason);
  if (heard != Next::kGoOn) return heard;
  const Next next = OnMessage(reason);
  session_->WaitForRoom(options(), stopped);
  return next == Next::kGoOn && stopped.load() ? Next::kStop : next;
}

GrpcConversation::Next GrpcConversation::OnMessage(std::string* reason) {
  const bool is_request = is_data() ? data_session_->OnMessage(incoming_.data)
                                    : metadata_session_->OnMessage(incoming_.metadata);
  if (is_request) return Next::kGoOn;
  const auto see_to = [&](const auto& message) {
    if (message.has_goodbye()) {
      const std::string& why = message.goodbye().reason();
      goodbye_ = why.empty() ? "the server said goodbye without a reason" : why;
    } else if (message.has_role()) {
      log().Write(LogLevel::kInfo, message.role().active() ? "active" : "stands by");
    } else if (message.has_init()) {
      context_.cells->malformed.Add();
      *reason = "protocol error of the server: a second init";
      return Next::kDisconnect;
    }
    return Next::kGoOn;  // and what a later edition has
  };
  return is_data() ? see_to(incoming_.data) : see_to(incoming_.metadata);
}

// --- The end

void GrpcConversation::Leave(Clock::time_point deadline) {
  Say([](auto& message) { message.mutable_goodbye()->set_reason("the adapter stops"); });
  std::string reason;
  while (Hear(deadline, nullptr, &reason) == Next::kGoOn) {
    if (OnMessage(&reason) != Next::kGoOn) break;
  }
  session_->EndInput();
  session_->calls().WaitUntil(deadline);
}

void GrpcConversation::CloseStream(const grpc::Status& status) {
  if (stream_ == nullptr) return;
  outbox_->Close();
  stream_->End(status);
  if (writer_.joinable()) writer_.join();
  std::shared_ptr<GrpcStream> gone;  // behind the lock
  const std::lock_guard lock(mutex_);
  gone = std::move(stream_);
}

void GrpcConversation::EndSession() {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::move(session_);
    session_ = nullptr;
    metadata_session_ = nullptr;
    data_session_ = nullptr;
    outbox_ = nullptr;
  }
  session->EndInput();
  context_.adapter->Close();
  // Their end is waited for by whoever needs it: by the next Init(), and here if there is no next.
  if (context_.stop->raised() || !options().reconnect) session->calls().Wait();
}

}  // namespace penstock::adapter
