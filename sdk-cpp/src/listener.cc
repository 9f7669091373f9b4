// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "listener.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "tcp_stream.h"

namespace penstock::adapter {
namespace {

// How long a handshake may take, and how many may be there at once. Of more the oldest gives way,
// so that strangers who fill the house still do not keep a server out that knows what to say.
constexpr std::chrono::milliseconds kHandshakeTime{3000};
constexpr size_t kMaxGuests = 16;
// What a guest may say in a line that does not end.
constexpr size_t kMostHeard = size_t{1} << 20;
// A TLS record, so that nothing of it is left behind where polling does not see it.
constexpr size_t kReadBuffer = size_t{16} << 10;

// No connection now, but nothing is wrong with the listening socket or the process.
bool MayAcceptAgain(int error) {
  return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO ||
         error == ENETDOWN || error == EHOSTDOWN || error == ENETUNREACH || error == EHOSTUNREACH;
}

}  // namespace

Result<Connector::Streams> Listener::Open(const StopSignal& stop) {
  if (!socket_) {
    if (const Status bound = Bind(stop); !bound) return bound.error();
  }
  Result<Guest> arrival = Await(stop);
  SendGuestsAway(arrival ? "another server is connected" : "the host listens no more");
  if (!arrival) return arrival.error();
  Guest server = std::move(arrival).value();
  reported_ = false;
  Tell(LogLevel::kInfo, "connected by " + server.peer);
  heard_ = std::move(server.heard);
  Streams streams;
  streams.push_back(std::move(server.stream));
  return streams;
}

Result<Listener::Guest> Listener::Await(const StopSignal& stop) {
  const Patience forever{Clock::time_point::max(), &stop};
  std::vector<pollfd> waits;
  while (true) {
    waits.clear();
    auto until = Clock::time_point::max();
    for (const Guest& guest : guests_) {
      const TlsHandshake* const hands = guest.handshake.get();
      waits.push_back({hands != nullptr ? hands->fd() : guest.stream->fd(),
                       hands != nullptr ? hands->events() : static_cast<short>(POLLIN), 0});
      until = std::min(until, guest.deadline);
    }
    waits.push_back({fd(), POLLIN, 0});
    if (const Status waited = forever.WaitForAny(&waits, until); !waited) return waited.error();
    if (std::optional<Guest> server = StepGuests(waits)) return std::move(*server);
    if (waits.back().revents == 0) continue;
    if (const Status accepted = AcceptOne(); !accepted) return accepted.error();
  }
}

Status Listener::AcceptOne() {
  Accepted accepted = Accept(fd());
  if (!accepted.fd) {
    if (MayAcceptAgain(accepted.error)) return {};
    return Error("cannot accept: " + ErrorText(accepted.error));
  }
  if (guests_.size() == kMaxGuests) {
    Report(guests_.front().peer, "too many at once");
    guests_.pop_front();
  }
  Guest guest{std::move(accepted.peer)};
  if (const Status begun = BeginWith(std::move(accepted.fd), &guest); !begun) {
    Report(guest.peer, begun.error().message());
  } else {
    guests_.push_back(std::move(guest));
  }
  return {};
}

Status Listener::BeginWith(UniqueFd fd, Guest* guest) {
  if (!endpoint_.tls) return Greet(std::make_unique<TcpStream>(std::move(fd)), guest);
  const auto tls = LoadTls(options_.tls, endpoint_.role);
  if (!tls) return tls.error();
  auto handshake = BeginTls(*tls, std::move(fd), endpoint_.host);
  if (!handshake) return handshake.error();
  guest->handshake = std::move(handshake).value();
  guest->deadline = DeadlineAfter(std::min(options_.connect_timeout, kHandshakeTime));
  return {};
}

// What is written fits in what the kernel takes of a new connection: this waits for nobody.
Status Listener::Greet(std::unique_ptr<Stream> stream, Guest* guest) {
  guest->handshake = nullptr;
  guest->stream = std::move(stream);
  guest->deadline = DeadlineAfter(options_.connect_timeout);
  std::string_view left = beginning_.greeting;
  while (!left.empty()) {
    const size_t written = guest->stream->Write(left);
    if (written == 0) return Error("cannot send: " + guest->stream->why_unsent());
    left.remove_prefix(written);
  }
  return {};
}

std::optional<Listener::Guest> Listener::StepGuests(const std::vector<pollfd>& waits) {
  const auto now = Clock::now();
  std::deque<Guest> staying;
  std::optional<Guest> server;
  for (size_t i = 0; i < guests_.size(); ++i) {
    Guest& guest = guests_[i];
    Result<bool> is_server = false;
    if (waits[i].revents != 0 && !server) is_server = Step(&guest);
    if (!is_server.ok()) {
      Report(guest.peer, is_server.error().message());
    } else if (*is_server) {
      server = std::move(guest);
    } else if (now >= guest.deadline) {
      Report(guest.peer, guest.handshake != nullptr ? "TLS handshake: " + ErrorText(ETIMEDOUT)
                                                    : "no init request in time");
    } else {
      staying.push_back(std::move(guest));
    }
  }
  guests_ = std::move(staying);
  return server;
}

Result<bool> Listener::Step(Guest* guest) {
  if (guest->handshake != nullptr) {
    auto stream = guest->handshake->Step();
    if (!stream) return stream.error();
    if (*stream == nullptr) return false;
    if (const Status greeted = Greet(std::move(stream).value(), guest); !greeted) {
      return greeted.error();
    }
    return false;
  }
  char buffer[kReadBuffer];
  const Stream::ReadResult got = guest->stream->Read(buffer);
  if (got.status == Stream::ReadStatus::kNothingYet) return false;
  if (got.status == Stream::ReadStatus::kEnd) return Error("hung up");
  if (got.status == Stream::ReadStatus::kFailed) return Error(guest->stream->why());
  const std::string_view more(buffer, got.size);
  guest->heard += more;
  if (more.find('\n') == std::string_view::npos) {
    if (guest->heard.size() > kMostHeard) return Error("sends more than it has to say");
    return false;
  }
  if (const Status checked = beginning_.check_answer(guest->heard); !checked) {
    return checked.error();
  }
  return true;
}

void Listener::SendGuestsAway(const std::string& why) {
  for (const Guest& guest : guests_) Report(guest.peer, why);
  guests_.clear();
}

bool Listener::TurnAway() {
  const Accepted accepted = Accept(fd());
  if (!accepted.fd) return false;
  Report(accepted.peer, "another server is connected");
  return true;
}

Status Listener::Bind(const StopSignal& stop) {
  const Patience patience{DeadlineAfter(options_.connect_timeout), &stop};
  const Result<Addresses> addresses = resolver_.Look(patience);
  Result<UniqueFd> bound = addresses ? Listen(*addresses) : addresses.error();
  if (!bound) {
    return Error("cannot listen on " + HostAndPort(endpoint_.host, endpoint_.port) + ": " +
                 bound.error().message());
  }
  socket_ = std::move(bound).value();
  Tell(LogLevel::kInfo, "waits for a server on " + LocalAddress(fd()));
  return {};
}

void Listener::Report(const std::string& peer, const std::string& why) {
  cells_.turned_away.Add();
  Tell(reported_ ? LogLevel::kDebug : LogLevel::kWarning, "turned away " + peer + ": " + why);
  reported_ = true;
}

void Listener::Tell(LogLevel level, const std::string& text) const { log_.Write(level, text); }

}  // namespace penstock::adapter
