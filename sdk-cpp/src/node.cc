// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "node.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "handshake.h"
#include "keepalive.h"
#include "tcp.h"
#include "wall_clock.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr size_t kReadBuffer = 64u << 10;
constexpr std::string_view kSdkName = "Penstock C++ SDK";
// How long a refusal may take to go out, and the server to hang up after our end of the connection
// is closed.
constexpr milliseconds kFlushTime{1000};
// For a writer to tell why its write has failed.
constexpr milliseconds kTellTime{50};
constexpr milliseconds kLingerTime{500};
// How long a server may leave without an acknowledgement what was sent to it, and how often that is
// looked at.
constexpr milliseconds kSilenceLimit{25000};
constexpr milliseconds kSilenceCheck{5000};
// How long who came first has the time to send its init request before another caller takes its
// place, and a listener leaves callers alone whom it cannot accept.
constexpr milliseconds kInitGrace{2000};
constexpr milliseconds kAcceptPause{1000};
// How often it is looked whether a server that left its answers has taken them.
constexpr milliseconds kUnreadCheck{50};

}  // namespace

Node::Node(Endpoint endpoint, Context context)
    : endpoint_(std::move(endpoint)),
      context_(std::move(context)),
      log_name_(context_.options->name + ": " + endpoint_.text),
      log_(context_.options->listener, log_name_),
      connector_(Connector::Create(endpoint_, *context_.options, log_, *cells_)),
      buffer_(kReadBuffer),
      random_(std::random_device{}()) {}

void Node::Start() {
  reader_ = std::thread([this] { Run(); });
}

void Node::Wake() {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) session_->calls().Wake();
}

void Node::Join() {
  if (reader_.joinable()) reader_.join();
}

ServerCounters Node::counters() {
  ServerCounters all = cells_->Read();
  all.server = server();
  all.state = state();
  const std::lock_guard lock(mutex_);
  if (events_ != nullptr) all.queued_bytes = events_->queued_bytes();
  return all;
}

std::shared_ptr<MetadataSession> Node::metadata_session() {
  const std::lock_guard lock(mutex_);
  if (is_data()) return nullptr;
  return std::static_pointer_cast<MetadataSession>(session_);
}

Status Node::Fail(std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return Error("there is no connection to the server");
  if (!is_data() && !ari::HasReverseRequests(dialect_.version)) {
    return Error("the server's protocol version has no such packet");
  }
  std::string line;
  ari::WriteFailure(is_data() ? std::to_string(NowMillis()) : "2", message, dialect_, &line);
  if (!events_->PushAnswer(line)) return Error("there is no connection to the server");
  return {};
}

void Node::SetState(HostState state, std::string_view reason) {
  state_.store(state);
  context_.on_state(*this, reason);
}

void Node::WaitForRoom() {
  if (session_ == nullptr) return;
  // Those that run do not count as waiting, and no more of them run than there are threads.
  const size_t waiting = options().max_pending_requests;
  const size_t limit = std::max(waiting, waiting + options().worker_threads);
  session_->calls().WaitForRoom(limit, context_.stop->flag());
}

milliseconds Node::NextDelay(int attempt) {
  milliseconds ceiling = options().min_backoff;
  while (attempt-- > 0 && ceiling < options().max_backoff) {
    ceiling = ceiling > options().max_backoff / 2 ? options().max_backoff : ceiling * 2;
  }
  std::uniform_int_distribution<int64_t> spread(ceiling.count() / 2, ceiling.count());
  return milliseconds(spread(random_));
}

void Node::Run() {
  const StopSignal& stop = *context_.stop;
  std::string reason = "started";
  int attempt = 0;
  while (!stop.raised()) {
    if (state() != HostState::kConnecting) SetState(HostState::kConnecting, reason);
    bool was_stable = false;
    reason = OpenLinks();
    const bool was_open = reason.empty();
    if (was_open) {
      SetState(HostState::kInit, {});
      was_stable = Serve(&reason);
    }
    CloseLinks();
    if (stop.raised()) break;
    log_.Write(LogLevel::kWarning, "no connection: " + reason);
    if (!options().reconnect) break;
    if (was_stable) attempt = 0;
    SetState(HostState::kConnecting, reason);
    // A server that dials keeps its own delays.
    if (was_open && endpoint_.listens()) continue;
    if (stop.WaitFor(NextDelay(attempt++))) break;
  }
  // A host that is stopped keeps no port.
  connector_.reset();
  SetState(HostState::kStopped, stop.raised() ? std::string_view("stopped") : reason);
}

std::string Node::OpenLinks() {
  Result<Connector::Streams> streams = connector_->Open(*context_.stop);
  if (!streams) return streams.error().message();
  for (auto& stream : std::move(streams).value()) {
    Link& link = links_.emplace_back();
    link.stream = std::move(stream);
    link.outbox = std::make_shared<Outbox>(options().max_queued_bytes, cells_);
  }
  // RAC must be the first packet of each connection (ari.md 1.4).
  std::string rac;
  ari::WriteRac("1", {options().user, options().password, true, std::string(kSdkName)}, &rac);
  try {
    for (Link& link : links_) {
      link.outbox->SetKeepalive(KeepaliveInterval(options().keepalive, std::nullopt));
      link.outbox->PushAnswer(rac);
      link.writer = std::thread(
          [outbox = link.outbox, stream = link.stream.get()] { outbox->WriterLoop(stream); });
    }
  } catch (const std::system_error& e) {
    return std::string("cannot start a thread: ") + e.what();
  }
  callers_from_ = DeadlineAfter(kInitGrace);
  splitter_.emplace(options().max_line_bytes);
  warned_ = false;
  return {};
}

bool Node::Serve(std::string* reason) {
  // A listener must not be held by somebody who says nothing.
  const auto init_deadline =
      endpoint_.listens() ? DeadlineAfter(options().connect_timeout) : Clock::time_point::max();
  Next next = Next::kGoOn;
  while (next == Next::kGoOn) next = ServeOnce(init_deadline, reason);
  // A server that hangs up soon after each init gets growing delays, too.
  const bool was_stable = session_ != nullptr && Clock::now() >= stable_at_;
  if (next == Next::kFlushAndDisconnect) Flush(DeadlineAfter(kFlushTime));
  if (next == Next::kStop) Flush(DeadlineAfter(context_.stop->drain()));
  // First the links: a call that waits for room in the queue must be let go before all calls can
  // end.
  CloseLinks();
  EndSession();
  return was_stable;
}

Node::Next Node::ServeOnce(Clock::time_point init_deadline, std::string* reason) {
  waits_.clear();
  bool pending = false;
  // Who asks and asks and does not read the answers is asked to wait.
  const bool unread = links_.front().outbox->queued_answer_bytes() > options().max_queued_bytes;
  for (const Link& link : links_) {
    const bool waits = unread && waits_.empty();
    waits_.push_back({link.stream->fd(), static_cast<short>(waits ? 0 : POLLIN), 0});
    pending = pending || link.stream->HasPending();
  }
  const auto now = Clock::now();
  waits_.push_back({now < callers_from_ ? -1 : connector_->fd(), POLLIN, 0});
  waits_.push_back({context_.stop->fd(), POLLIN, 0});
  auto deadline = now + (unread ? kUnreadCheck : kSilenceCheck);
  if (session_ == nullptr) deadline = std::min(deadline, init_deadline);
  if (now < callers_from_) deadline = std::min(deadline, callers_from_);
  if (::poll(waits_.data(), waits_.size(), pending ? 0 : MillisUntil(deadline)) < 0 &&
      errno != EINTR) {
    *reason = std::system_category().message(errno);
    return Next::kDisconnect;
  }
  if (waits_.back().revents != 0) return Next::kStop;
  for (size_t i = 0; i < links_.size(); ++i) {
    if (waits_[i].revents == 0 && !links_[i].stream->HasPending()) continue;
    if (const Next next = ReadSome(i, reason); next != Next::kGoOn) return next;
  }
  if (session_ == nullptr && Clock::now() >= init_deadline) {
    *reason = "the server sent no init request in time";
    return Next::kDisconnect;
  }
  for (const Link& link : links_) {
    if (!HasFallenSilent(link.stream->fd(), kSilenceLimit)) continue;
    *reason = "the server acknowledges nothing any more";
    return Next::kDisconnect;
  }
  return waits_[links_.size()].revents == 0 ? Next::kGoOn : OnCaller(reason);
}

Node::Next Node::OnCaller(std::string* reason) {
  if (session_ == nullptr) {
    *reason = "the server sent no init request, and another one waits";
    return Next::kDisconnect;
  }
  // Somebody else comes because this server is gone without a word? Then what is written now is
  // answered by a reset, or by nobody.
  if (connector_->TurnAway()) {
    links_.front().outbox->PushAnswer(ari::kKeepaliveLine);
    cells_->keepalives.Add();
  } else {
    // Without a descriptor to accept it by, the caller would wake this thread at once again.
    callers_from_ = DeadlineAfter(kAcceptPause);
  }
  return Next::kGoOn;
}

Node::Next Node::ReadSome(size_t link, std::string* reason) {
  const Stream::ReadResult got = links_[link].stream->Read(buffer_);
  switch (got.status) {
    case Stream::ReadStatus::kGot:
      break;
    case Stream::ReadStatus::kNothingYet:
      return Next::kGoOn;
    case Stream::ReadStatus::kEnd:
      *reason = WhyEnded(link);
      return Next::kDisconnect;
    case Stream::ReadStatus::kFailed:
      *reason = links_[link].stream->why();
      return Next::kDisconnect;
  }
  // Nothing comes down the notification connection.
  if (link != 0) return Next::kGoOn;
  splitter_->Feed(std::string_view(buffer_.data(), got.size));
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
    WaitForRoom();
    if (context_.stop->raised()) return Next::kGoOn;
  }
}

std::string Node::WhyEnded(size_t link) const {
  Outbox& outbox = *links_[link].outbox;
  // A write that failed has taken the error with it, and ends both directions. Its writer is about
  // to tell, where one that has seen nothing would wait on.
  if ((waits_[link].revents & POLLHUP) != 0) {
    static_cast<void>(outbox.WaitWriterDone(DeadlineAfter(kTellTime)));
  }
  const std::string failure = outbox.failure();
  return failure.empty() ? "the server closed the connection" : "cannot send: " + failure;
}

Node::Next Node::OnLine(std::string_view line, std::string* reason) {
  ari::PacketHead head;
  if (const ari::Status status = ari::ParseHead(line, &head); !status.ok()) {
    cells_->malformed.Add();
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
  if (head.method == context_.adapter->init_method()) {
    if (session_ == nullptr) return OnInit(head, reason);
    return ProtocolError(is_data() ? "Unexpected late DPI request" : "Unexpected late MPI request",
                         reason);
  }
  if (session_ == nullptr) return ProtocolError("a request before the init request", reason);
  session_->OnPacket(head);
  return Next::kGoOn;
}

Node::Next Node::OnInit(const ari::PacketHead& head, std::string* reason) {
  ari::InitRequest request;
  if (const ari::Status status = ari::ParseInitRequest(head.args, &request); !status.ok()) {
    return Refuse(head, Error(std::string("malformed init request: ") + status.message()), reason);
  }
  const Result<ari::Version> version =
      ChooseVersion(request.version, is_data() && links_.size() == 1);
  if (!version) return Refuse(head, version.error(), reason);
  const Status status = context_.adapter->Open(MergeParams(request, options().params));
  if (!status.ok()) return Refuse(head, status.error(), reason);

  const milliseconds keepalive =
      KeepaliveInterval(options().keepalive, request.keepalive_hint_millis);
  for (Link& link : links_) link.outbox->SetKeepalive(keepalive);
  std::string line;
  ari::WriteInitReply(head.id, head.method, *version, &line);
  links_[0].outbox->PushAnswer(line);
  OpenSession(*version, request);
  stable_at_ = DeadlineAfter(options().max_backoff);
  callers_from_ = Clock::now();
  cells_->connections.Add();
  log_.Write(LogLevel::kInfo, "ready, protocol " + std::string(ari::VersionText(*version)));
  SetState(HostState::kReady, {});
  return Next::kGoOn;
}

Node::Next Node::Refuse(const ari::PacketHead& head, const Error& error, std::string* reason) {
  ari::Exception exception;
  exception.kind = is_data() ? ari::ExceptionKind::kDataInit : ari::ExceptionKind::kMetadataInit;
  exception.message = error.message();
  std::string line;
  ari::WriteInitException(head.id, head.method, exception, &line);
  links_[0].outbox->PushAnswer(line);
  *reason = "init refused: " + error.message();
  return Next::kFlushAndDisconnect;
}

Node::Next Node::ProtocolError(std::string_view what, std::string* reason) {
  cells_->malformed.Add();
  *reason = "protocol error of the server: " + std::string(what);
  if (is_data()) {
    std::string line;
    ari::WriteFailure(std::to_string(NowMillis()), what, dialect_, &line);
    links_.back().outbox->PushAnswer(line);
  }
  return Next::kFlushAndDisconnect;
}

void Node::OpenSession(ari::Version version, const ari::InitRequest& request) {
  SessionContext context;
  context.answers = links_.front().outbox;
  context.events = links_.back().outbox;
  context.cells = cells_;
  context.dialect.version = version;
  context.log = &log_;
  context.server = server();
  std::string instance;
  for (const ari::Pair& param : request.params) {
    if (param.name == "server.instance_id") instance = param.value.value_or("");
  }
  if (is_data()) context.events->JoinCapacity(context_.adapter->feeds().capacity);
  const std::lock_guard lock(mutex_);
  dialect_ = context.dialect;
  events_ = context.events;
  session_ = context_.adapter->NewSession(std::move(context), instance);
}

void Node::Flush(Clock::time_point deadline) {
  if (session_ != nullptr) {
    session_->EndInput();
    session_->calls().WaitUntil(deadline);
  }
  for (Link& link : links_) link.outbox->Finish();
  for (Link& link : links_) {
    if (!link.outbox->WaitWriterDone(deadline)) return;
  }
  const auto linger = std::min(deadline, Clock::now() + kLingerTime);
  for (Link& link : links_) link.stream->Linger(linger);
}

void Node::CloseLinks() {
  for (Link& link : links_) {
    link.outbox->Close();
    link.stream->Shutdown();
    if (link.writer.joinable()) link.writer.join();
  }
  links_.clear();
}

void Node::EndSession() {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::move(session_);
    session_ = nullptr;
    events_ = nullptr;
    dialect_ = ari::Dialect{};
  }
  if (session == nullptr) return;
  session->EndInput();
  context_.adapter->Close();
  // Their end is waited for by whoever needs it: by the next Init(), and here if there is no next.
  if (context_.stop->raised() || !options().reconnect) session->calls().Wait();
}

}  // namespace penstock::adapter
