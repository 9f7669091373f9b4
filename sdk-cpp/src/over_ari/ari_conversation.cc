// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/ari_conversation.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "over_ari/ari_data_session.h"
#include "over_ari/ari_metadata_session.h"
#include "over_ari/handshake.h"
#include "over_ari/keepalive.h"
#include "tcp.h"
#include "wall_clock.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr size_t kReadBuffer = 64u << 10;
// How long a refusal may take to go out.
constexpr milliseconds kFlushTime{1000};
// How long a server may leave without an acknowledgement what was sent to it, and how often that is
// looked at.
constexpr milliseconds kSilenceLimit{25000};
constexpr milliseconds kSilenceCheck{5000};
// How long a listener leaves callers alone whom it cannot accept.
constexpr milliseconds kAcceptPause{1000};
// How often it is looked whether a server that left its answers has taken them.
constexpr milliseconds kUnreadCheck{50};

}  // namespace

AriConversation::AriConversation(Context context)
    : context_(std::move(context)),
      greeting_(Greeting(*context_.options)),
      connector_(Connector::Create(
          *context_.endpoint, *context_.options, log(), cells(),
          {greeting_,
           [init = init_method()](std::string_view said) { return CheckAnswer(init, said); }})),
      links_(*context_.options, context_.cells),
      buffer_(kReadBuffer) {}

void AriConversation::Wake() {
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) session_->calls().Wake();
}

size_t AriConversation::queued_bytes() {
  const std::lock_guard lock(mutex_);
  return events_ == nullptr ? 0 : events_->queued_bytes();
}

std::shared_ptr<MetadataSession> AriConversation::metadata_session() {
  const std::lock_guard lock(mutex_);
  return metadata_session_;
}

// A host that is stopped keeps no port.
void AriConversation::Retire() { connector_.reset(); }

Status AriConversation::Fail(std::string_view message) {
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

Status AriConversation::Open() {
  Result<Connector::Streams> streams = connector_->Open(*context_.stop);
  if (!streams) return streams.error();
  // Whoever dials a listener was greeted before it was let in.
  const bool greeted = context_.endpoint->listens();
  Status status = links_.Open(std::move(streams).value(), greeted ? std::string() : greeting_);
  if (!status) return status;
  splitter_.emplace(options().max_line_bytes);
  warned_ = false;
  return {};
}

Conversation::Ending AriConversation::Serve() {
  std::string reason;
  const std::string heard = connector_->TakeHeard();
  Next next = heard.empty() ? Next::kGoOn : OnBytes(heard, &reason);
  while (next == Next::kGoOn) next = ServeOnce(&reason);
  // A server that hangs up soon after each init gets growing delays, too.
  const bool was_stable = session_ != nullptr && Clock::now() >= stable_at_;
  if (next == Next::kFlushAndDisconnect) Flush(DeadlineAfter(kFlushTime));
  if (next == Next::kStop) Flush(DeadlineAfter(context_.stop->drain()));
  // First the links: a call that waits for room in the queue must be let go before all calls can
  // end.
  links_.Close();
  EndSession();
  return {std::move(reason), was_stable};
}

AriConversation::Next AriConversation::ServeOnce(std::string* reason) {
  waits_.clear();
  bool pending = false;
  // Who asks and asks and does not read the answers is asked to wait.
  const bool unread = links_.answers().queued_answer_bytes() > options().max_queued_bytes;
  for (size_t i = 0; i < links_.size(); ++i) {
    const bool waits = unread && i == 0;
    waits_.push_back({links_.stream(i).fd(), static_cast<short>(waits ? 0 : POLLIN), 0});
    pending = pending || links_.stream(i).HasPending();
  }
  const auto now = Clock::now();
  waits_.push_back({now < callers_from_ ? -1 : connector_->fd(), POLLIN, 0});
  waits_.push_back({context_.stop->fd(), POLLIN, 0});
  auto deadline = now + (unread ? kUnreadCheck : kSilenceCheck);
  if (now < callers_from_) deadline = std::min(deadline, callers_from_);
  if (::poll(waits_.data(), waits_.size(), pending ? 0 : MillisUntil(deadline)) < 0 &&
      errno != EINTR) {
    *reason = std::system_category().message(errno);
    return Next::kDisconnect;
  }
  if (waits_.back().revents != 0) return Next::kStop;
  for (size_t i = 0; i < links_.size(); ++i) {
    if (waits_[i].revents == 0 && !links_.stream(i).HasPending()) continue;
    if (const Next next = ReadSome(i, reason); next != Next::kGoOn) return next;
  }
  for (size_t i = 0; i < links_.size(); ++i) {
    if (!HasFallenSilent(links_.stream(i).fd(), kSilenceLimit)) continue;
    *reason = "the server acknowledges nothing any more";
    return Next::kDisconnect;
  }
  if (waits_[links_.size()].revents != 0) OnCaller();
  return Next::kGoOn;
}

void AriConversation::OnCaller() {
  // Somebody else comes because this server is gone without a word? Then what is written now is
  // answered by a reset, or by nobody.
  if (connector_->TurnAway()) {
    links_.answers().PushAnswer(ari::kKeepaliveLine);
    cells().keepalives.Add();
  } else {
    // Without a descriptor to accept it by, the caller would wake this thread at once again.
    callers_from_ = DeadlineAfter(kAcceptPause);
  }
}

AriConversation::Next AriConversation::ReadSome(size_t link, std::string* reason) {
  const Stream::ReadResult got = links_.stream(link).Read(buffer_);
  switch (got.status) {
    case Stream::ReadStatus::kGot:
      break;
    case Stream::ReadStatus::kNothingYet:
      return Next::kGoOn;
    case Stream::ReadStatus::kEnd:
      *reason = links_.WhyEnded(link, (waits_[link].revents & POLLHUP) != 0);
      return Next::kDisconnect;
    case Stream::ReadStatus::kFailed:
      *reason = links_.stream(link).why();
      return Next::kDisconnect;
  }
  // Nothing comes down the notification connection.
  if (link != 0) return Next::kGoOn;
  return OnBytes(std::string_view(buffer_.data(), got.size), reason);
}

AriConversation::Next AriConversation::OnBytes(std::string_view bytes, std::string* reason) {
  splitter_->Feed(bytes);
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
    if (session_ != nullptr) session_->WaitForRoom(options(), context_.stop->flag());
    if (context_.stop->raised()) return Next::kGoOn;
  }
}

AriConversation::Next AriConversation::OnLine(std::string_view line, std::string* reason) {
  ari::PacketHead head;
  if (const ari::Status status = ari::ParseHead(line, &head); !status.ok()) {
    cells().malformed.Add();
    if (!std::exchange(warned_, true)) {
      log().Write(LogLevel::kWarning, std::string("ignored a line: ") + status.message());
    }
    return Next::kGoOn;
  }
  if (head.method == ari::Method::kKeepalive) return Next::kGoOn;
  if (head.method == ari::Method::kClose) {
    *reason = CloseReason(head);
    return Next::kDisconnect;
  }
  if (head.method == init_method()) {
    if (session_ == nullptr) return OnInit(head, reason);
    return ProtocolError(is_data() ? "Unexpected late DPI request" : "Unexpected late MPI request",
                         reason);
  }
  if (session_ == nullptr) return ProtocolError("a request before the init request", reason);
  packets_->OnPacket(head);
  return Next::kGoOn;
}

AriConversation::Next AriConversation::OnInit(const ari::PacketHead& head, std::string* reason) {
  ari::InitRequest request;
  if (const ari::Status status = ari::ParseInitRequest(head.args, &request); !status.ok()) {
    return Refuse(head, Error(std::string("malformed init request: ") + status.message()), reason);
  }
  const Result<ari::Version> version =
      ChooseVersion(request.version, is_data() && links_.size() == 1);
  if (!version) return Refuse(head, version.error(), reason);
  const Status status = context_.adapter->Open(MergeParams(request, options().params));
  if (!status.ok()) return Refuse(head, status.error(), reason);

  links_.SetKeepalive(KeepaliveInterval(options().keepalive, request.keepalive_hint_millis));
  std::string line;
  ari::WriteInitReply(head.id, head.method, *version, &line);
  links_.answers().PushAnswer(line);
  OpenSession(*version, request);
  stable_at_ = DeadlineAfter(options().max_backoff);
  cells().connections.Add();
  log().Write(LogLevel::kInfo, "ready, protocol " + std::string(ari::VersionText(*version)));
  context_.on_ready();
  return Next::kGoOn;
}

AriConversation::Next AriConversation::Refuse(const ari::PacketHead& head, const Error& error,
                                              std::string* reason) {
  ari::Exception exception;
  exception.kind = is_data() ? ari::ExceptionKind::kDataInit : ari::ExceptionKind::kMetadataInit;
  exception.message = error.message();
  std::string line;
  ari::WriteInitException(head.id, head.method, exception, &line);
  links_.answers().PushAnswer(line);
  *reason = "init refused: " + error.message();
  return Next::kFlushAndDisconnect;
}

AriConversation::Next AriConversation::ProtocolError(std::string_view what, std::string* reason) {
  cells().malformed.Add();
  *reason = "protocol error of the server: " + std::string(what);
  if (is_data()) {
    std::string line;
    ari::WriteFailure(std::to_string(NowMillis()), what, dialect_, &line);
    links_.events().PushAnswer(line);
  }
  return Next::kFlushAndDisconnect;
}

void AriConversation::OpenSession(ari::Version version, const ari::InitRequest& request) {
  Adapter& adapter = *context_.adapter;
  ari::Dialect dialect;
  dialect.version = version;
  SessionContext context;
  context.answers = links_.shared_answers();
  context.events = links_.shared_events();
  context.cells = context_.cells;
  context.log = context_.log;
  context.server = context_.endpoint->text;
  context.lease = adapter.NewLease();
  if (is_data()) context.events->JoinCapacity(adapter.feeds().capacity);
  const std::lock_guard lock(mutex_);
  dialect_ = dialect;
  events_ = context.events;
  if (is_data()) {
    auto session = std::make_shared<AriDataSession>(std::move(context), dialect, adapter.items());
    packets_ = session.get();
    session_ = std::move(session);
    return;
  }
  std::string instance;
  for (const ari::Pair& param : request.params) {
    if (param.name == "server.instance_id") instance = param.value.value_or("");
  }
  SessionOwners* const owners = adapter.owners();
  if (owners != nullptr) owners->StartServer(context.server, instance);
  auto session = std::make_shared<AriMetadataSession>(std::move(context), dialect,
                                                      adapter.metadata(), adapter.pool(), owners);
  packets_ = session.get();
  metadata_session_ = session;
  session_ = std::move(session);
}

void AriConversation::Flush(Clock::time_point deadline) {
  if (session_ != nullptr) {
    session_->EndInput();
    session_->calls().WaitUntil(deadline);
  }
  links_.Flush(deadline);
}

void AriConversation::EndSession() {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex_);
    session = std::move(session_);
    session_ = nullptr;
    metadata_session_ = nullptr;
    packets_ = nullptr;
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
