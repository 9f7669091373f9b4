// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "host_core.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "convert.h"
#include "data_session.h"
#include "guard.h"
#include "handshake.h"
#include "keepalive.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;
using Clock = Outbox::Clock;

constexpr size_t kReadBuffer = 64u << 10;
constexpr std::string_view kSdkName = "Penstock C++ SDK";
// How long a refusal may take to go out, and the server to hang up after our end of the connection
// is closed.
constexpr milliseconds kFlushTime{1000};
constexpr milliseconds kLingerTime{500};

uint64_t NowMillis() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// Reads and drops until the server has closed, so that closing with unread bytes does not reset the
// connection under the lines just written.
void Linger(int fd, Clock::time_point deadline) {
  ::shutdown(fd, SHUT_WR);
  char sink[4096];
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return;
    pollfd wait = {fd, POLLIN, 0};
    const int n = ::poll(&wait, 1, static_cast<int>(left));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || ::recv(fd, sink, sizeof(sink), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace

AdapterHost::Core::Core(std::shared_ptr<DataProvider> data,
                        std::shared_ptr<MetadataProvider> metadata, HostOptions options)
    : data_(std::move(data)),
      metadata_(std::move(metadata)),
      options_(std::move(options)),
      log_(options_.listener, options_.name),
      counters_(std::make_shared<CounterCells>()),
      buffer_(kReadBuffer),
      random_(std::random_device{}()) {}

AdapterHost::Core::~Core() { Stop(milliseconds(5000)); }

Status AdapterHost::Core::CheckOptions() const {
  if (data_ == nullptr && metadata_ == nullptr) return Error("there is no provider");
  if (options_.port == 0) return Error("the port is not set");
  if (options_.notify_port && !is_data()) return Error("notify_port is for data adapters only");
  if (options_.notify_port == 0) return Error("notify_port is 0");
  if (options_.worker_threads == 0) return Error("worker_threads is 0");
  if (options_.max_pending_requests == 0) return Error("max_pending_requests is 0");
  if (options_.max_queued_bytes == 0) return Error("max_queued_bytes is 0");
  if (options_.min_backoff <= milliseconds(0) || options_.max_backoff < options_.min_backoff) {
    return Error("min_backoff must be above 0 and not above max_backoff");
  }
  if (stop_.fd() < 0) return Error("no file descriptor is left");
  return {};
}

Status AdapterHost::Core::Start() {
  if (Status s = CheckOptions(); !s) return s;
  const std::lock_guard join_lock(join_mutex_);
  const std::lock_guard lock(mutex_);
  if (started_) return Error("a host is started once");
  if (stop_requested()) return Error("the host was stopped");
  try {
    pool_ = std::make_unique<WorkerPool>(options_.worker_threads);
    reader_ = std::thread([this] { Run(); });
  } catch (const std::system_error& e) {
    return Error(std::string("cannot start threads: ") + e.what());
  }
  started_ = true;
  return {};
}

void AdapterHost::Core::Stop(milliseconds drain) {
  if (!stopping_.exchange(true)) {
    drain_millis_.store(drain.count());
    stop_.Raise();
  }
  const std::lock_guard join_lock(join_mutex_);
  if (!reader_.joinable()) return;
  pool_->Wake();
  reader_.join();
}

void AdapterHost::Core::Wait() {
  std::unique_lock lock(mutex_);
  if (!started_) return;
  stopped_.wait(lock, [this] { return finished_; });
}

std::shared_ptr<MetadataSession> AdapterHost::Core::metadata_session() {
  const std::lock_guard lock(mutex_);
  return metadata_session_;
}

Status AdapterHost::Core::Fail(std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return Error("there is no connection to the server");
  if (!is_data() && !ari::HasReverseRequests(dialect_.version)) {
    return Error("the server's protocol version has no such packet");
  }
  std::string line;
  ari::WriteFailure(is_data() ? std::to_string(NowMillis()) : "2", message, dialect_, &line);
  if (!failure_outbox_->PushAnswer(line)) return Error("there is no connection to the server");
  return {};
}

void AdapterHost::Core::SetState(HostState state, std::string_view reason) {
  state_.store(state);
  if (options_.listener != nullptr) options_.listener->OnState(state, reason);
}

milliseconds AdapterHost::Core::NextDelay(int attempt) {
  milliseconds ceiling = options_.max_backoff;
  if (attempt < 20) {
    ceiling = std::min(options_.max_backoff, options_.min_backoff * (int64_t{1} << attempt));
  }
  std::uniform_int_distribution<int64_t> spread(ceiling.count() / 2, ceiling.count());
  return milliseconds(spread(random_));
}

void AdapterHost::Core::Run() {
  std::string reason = "started";
  int attempt = 0;
  while (!stop_requested()) {
    if (state() != HostState::kConnecting) SetState(HostState::kConnecting, reason);
    bool was_ready = false;
    reason = OpenLinks();
    if (reason.empty()) {
      SetState(HostState::kInit, {});
      was_ready = Serve(&reason);
    }
    CloseLinks();
    if (stop_requested()) break;
    log_.Write(LogLevel::kWarning, "no connection to " + options_.host + ":" +
                                       std::to_string(options_.port) + ": " + reason);
    if (!options_.reconnect) break;
    if (was_ready) attempt = 0;
    SetState(HostState::kConnecting, reason);
    if (stop_.WaitFor(NextDelay(attempt++))) break;
  }
  SetState(HostState::kStopped, stop_requested() ? std::string_view("stopped") : reason);
  const std::lock_guard lock(mutex_);
  finished_ = true;
  stopped_.notify_all();
}

std::string AdapterHost::Core::OpenLinks() {
  std::vector<uint16_t> ports{options_.port};
  if (options_.notify_port) ports.push_back(*options_.notify_port);
  for (const uint16_t port : ports) {
    std::string error;
    UniqueFd fd = Dial(options_.host, port, options_.connect_timeout, stop_, &error);
    if (!fd) return error;
    Link& link = links_.emplace_back();
    link.fd = std::move(fd);
    link.outbox =
        std::make_shared<Outbox>(options_.max_queued_bytes, options_.queue_policy, counters_);
  }
  // RAC must be the first packet of each connection (ari.md 1.4).
  std::string rac;
  ari::WriteRac("1", {options_.user, options_.password, true, std::string(kSdkName)}, &rac);
  try {
    for (Link& link : links_) {
      link.outbox->SetKeepalive(KeepaliveInterval(options_.keepalive, std::nullopt));
      link.outbox->PushAnswer(rac);
      link.writer =
          std::thread([outbox = link.outbox, fd = link.fd.get()] { outbox->WriterLoop(fd); });
    }
  } catch (const std::system_error& e) {
    return std::string("cannot start a thread: ") + e.what();
  }
  splitter_.emplace(options_.max_line_bytes);
  warned_ = false;
  return {};
}

bool AdapterHost::Core::Serve(std::string* reason) {
  Next next = Next::kGoOn;
  while (next == Next::kGoOn) {
    std::vector<pollfd> waits;
    for (const Link& link : links_) waits.push_back({link.fd.get(), POLLIN, 0});
    waits.push_back({stop_.fd(), POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) {
      *reason = std::system_category().message(errno);
      break;
    }
    if (waits.back().revents != 0) {
      Flush(Clock::now() + milliseconds(drain_millis_.load()));
      break;
    }
    for (size_t i = 0; i < links_.size() && next == Next::kGoOn; ++i) {
      if (waits[i].revents != 0) next = ReadSome(i, reason);
    }
  }
  const bool was_ready = session_ != nullptr;
  if (next == Next::kFlushAndDisconnect) Flush(Clock::now() + kFlushTime);
  // First the links: a call that waits for room in the queue must be let go before all calls can
  // end.
  CloseLinks();
  EndSession();
  return was_ready;
}

AdapterHost::Core::Next AdapterHost::Core::ReadSome(size_t link, std::string* reason) {
  const ssize_t n = ::recv(links_[link].fd.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return Next::kGoOn;
  if (n <= 0) {
    *reason = n == 0 ? "the server closed the connection" : std::system_category().message(errno);
    return Next::kDisconnect;
  }
  // Nothing comes down the notification connection.
  if (link != 0) return Next::kGoOn;
  splitter_->Feed(std::string_view(buffer_.data(), static_cast<size_t>(n)));
  while (true) {
    std::string_view line;
    switch (splitter_->Next(&line)) {
      case ari::LineSplitter::Cut::kNeedMore:
        return Next::kGoOn;
      case ari::LineSplitter::Cut::kTooLong:
        return ProtocolError("a line longer than max_line_bytes", reason);
      case ari::LineSplitter::Cut::kLine:
        break;
    }
    if (const Next next = OnLine(line, reason); next != Next::kGoOn) return next;
    pool_->WaitForRoom(options_.max_pending_requests, stopping_);
    if (stop_requested()) return Next::kGoOn;
  }
}

AdapterHost::Core::Next AdapterHost::Core::OnLine(std::string_view line, std::string* reason) {
  ari::PacketHead head;
  if (const ari::Status status = ari::ParseHead(line, &head); !status.ok()) {
    CounterCells::Add(counters_->malformed);
    if (!std::exchange(warned_, true)) {
      log_.Write(LogLevel::kWarning, std::string("ignored a line: ") + status.message());
    }
    return Next::kGoOn;
  }
  if (head.method == ari::Method::kKeepalive) return Next::kGoOn;
  if (head.method == ari::Method::kClose) {
    NullableString why;
    const bool understood = ari::ParseClose(head.args, &why).ok();
    *reason = understood && why ? *why : "the server closed the connection without a reason";
    return Next::kDisconnect;
  }
  if (head.method == init_method()) {
    if (session_ == nullptr) return OnInit(head, reason);
    return ProtocolError(is_data() ? "Unexpected late DPI request" : "Unexpected late MPI request",
                         reason);
  }
  if (session_ == nullptr) return ProtocolError("a request before the init request", reason);
  session_->OnPacket(head);
  return Next::kGoOn;
}

AdapterHost::Core::Next AdapterHost::Core::OnInit(const ari::PacketHead& head,
                                                  std::string* reason) {
  ari::InitRequest request;
  if (const ari::Status status = ari::ParseInitRequest(head.args, &request); !status.ok()) {
    return Refuse(head, Error(std::string("malformed init request: ") + status.message()), reason);
  }
  const Result<ari::Version> version =
      ChooseVersion(request.version, is_data() && !options_.notify_port);
  if (!version) return Refuse(head, version.error(), reason);
  const Params params = MergeParams(request, options_.params);
  const Status status =
      Guard([&] { return is_data() ? data_->Init(params) : metadata_->Init(params); });
  if (!status.ok()) return Refuse(head, status.error(), reason);

  const milliseconds keepalive =
      KeepaliveInterval(options_.keepalive, request.keepalive_hint_millis);
  for (Link& link : links_) link.outbox->SetKeepalive(keepalive);
  std::string line;
  ari::WriteInitReply(head.id, head.method, *version, &line);
  links_[0].outbox->PushAnswer(line);
  OpenSession(*version);
  CounterCells::Add(counters_->connections);
  log_.Write(LogLevel::kInfo, "ready, protocol " + std::string(ari::VersionText(*version)));
  SetState(HostState::kReady, {});
  return Next::kGoOn;
}

AdapterHost::Core::Next AdapterHost::Core::Refuse(const ari::PacketHead& head, const Error& error,
                                                  std::string* reason) {
  ari::Exception exception;
  exception.kind = is_data() ? ari::ExceptionKind::kDataInit : ari::ExceptionKind::kMetadataInit;
  exception.message = error.message();
  std::string line;
  ari::WriteInitException(head.id, head.method, exception, &line);
  links_[0].outbox->PushAnswer(line);
  *reason = "init refused: " + error.message();
  return Next::kFlushAndDisconnect;
}

AdapterHost::Core::Next AdapterHost::Core::ProtocolError(std::string_view what,
                                                         std::string* reason) {
  CounterCells::Add(counters_->malformed);
  *reason = "protocol error of the server: " + std::string(what);
  if (is_data()) {
    std::string line;
    ari::WriteFailure(std::to_string(NowMillis()), what, dialect_, &line);
    links_.back().outbox->PushAnswer(line);
  }
  return Next::kFlushAndDisconnect;
}

void AdapterHost::Core::OpenSession(ari::Version version) {
  SessionContext context;
  context.answers = links_.front().outbox;
  context.events = links_.back().outbox;
  context.counters = counters_;
  context.dialect.version = version;
  context.pool = pool_.get();
  context.log = &log_;
  const std::lock_guard lock(mutex_);
  dialect_ = context.dialect;
  failure_outbox_ = context.events;
  if (is_data()) {
    session_ = std::make_shared<DataSession>(std::move(context), data_.get());
  } else {
    metadata_session_ = std::make_shared<MetadataSession>(std::move(context), metadata_.get());
    session_ = metadata_session_;
  }
}

void AdapterHost::Core::Flush(Clock::time_point deadline) {
  if (session_ != nullptr) session_->EndInput();
  pool_->WaitIdleUntil(deadline);
  for (Link& link : links_) link.outbox->Finish();
  for (Link& link : links_) {
    if (!link.outbox->WaitWriterDone(deadline)) return;
  }
  const auto linger = std::min(deadline, Clock::now() + kLingerTime);
  for (Link& link : links_) Linger(link.fd.get(), linger);
}

void AdapterHost::Core::CloseLinks() {
  for (Link& link : links_) {
    link.outbox->Close();
    ::shutdown(link.fd.get(), SHUT_RDWR);
    if (link.writer.joinable()) link.writer.join();
  }
  links_.clear();
}

void AdapterHost::Core::EndSession() {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::move(session_);
    session_ = nullptr;
    metadata_session_ = nullptr;
    failure_outbox_ = nullptr;
    dialect_ = ari::Dialect{};
  }
  if (session == nullptr) return;
  session->EndInput();
  pool_->WaitIdle();
}

}  // namespace penstock::adapter
