// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "listener.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tcp_stream.h"

namespace penstock::adapter {
namespace {

// How long a handshake may take, and how many may go on at once. Of more the oldest gives way, so
// that strangers who fill the house still do not keep a server out that knows what to say.
constexpr std::chrono::milliseconds kHandshakeTime{3000};
constexpr size_t kMaxGuests = 16;

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
  Result<Arrival> arrival = Await(stop);
  SendGuestsAway(arrival ? "another server is connected" : "the host listens no more");
  if (!arrival) return arrival.error();
  reported_ = false;
  Tell(LogLevel::kInfo, "connected by " + arrival->peer);
  Streams streams;
  streams.push_back(std::move(arrival).value().stream);
  return streams;
}

Result<Listener::Arrival> Listener::Await(const StopSignal& stop) {
  const Patience forever{Clock::time_point::max(), &stop};
  std::vector<pollfd> waits;
  while (true) {
    waits.clear();
    for (const Guest& guest : guests_) {
      waits.push_back({guest.handshake->fd(), guest.handshake->events(), 0});
    }
    waits.push_back({fd(), POLLIN, 0});
    const auto until = guests_.empty() ? Clock::time_point::max() : guests_.front().deadline;
    if (const Status waited = forever.WaitForAny(&waits, until); !waited) return waited.error();
    if (Arrival arrival = StepGuests(waits); arrival.stream != nullptr) return arrival;
    if (waits.back().revents == 0) continue;
    Result<Arrival> arrival = AcceptOne();
    if (!arrival || arrival->stream != nullptr) return arrival;
  }
}

Result<Listener::Arrival> Listener::AcceptOne() {
  Accepted accepted = Accept(fd());
  if (!accepted.fd) {
    if (MayAcceptAgain(accepted.error)) return Arrival{};
    return Error("cannot accept: " + ErrorText(accepted.error));
  }
  if (!endpoint_.tls) {
    return Arrival{std::make_unique<TcpStream>(std::move(accepted.fd)), std::move(accepted.peer)};
  }
  AddGuest(std::move(accepted.fd), std::move(accepted.peer));
  return Arrival{};
}

void Listener::AddGuest(UniqueFd fd, std::string peer) {
  const auto tls = LoadTls(options_.tls, endpoint_.role);
  if (!tls) return Report(peer, tls.error().message());
  auto handshake = BeginTls(*tls, std::move(fd), endpoint_.host);
  if (!handshake) return Report(peer, handshake.error().message());
  if (guests_.size() == kMaxGuests) {
    Report(guests_.front().peer, "TLS handshake: too many at once");
    guests_.pop_front();
  }
  const auto time = std::min(options_.connect_timeout, kHandshakeTime);
  guests_.push_back({std::move(handshake).value(), std::move(peer), DeadlineAfter(time)});
}

Listener::Arrival Listener::StepGuests(const std::vector<pollfd>& waits) {
  const auto now = Clock::now();
  std::deque<Guest> staying;
  Arrival arrival;
  for (size_t i = 0; i < guests_.size(); ++i) {
    Guest& guest = guests_[i];
    Result<std::unique_ptr<Stream>> stream = std::unique_ptr<Stream>();
    if (waits[i].revents != 0 && arrival.stream == nullptr) stream = guest.handshake->Step();
    if (!stream) {
      Report(guest.peer, stream.error().message());
    } else if (*stream != nullptr) {
      arrival = {std::move(stream).value(), std::move(guest.peer)};
    } else if (now >= guest.deadline) {
      Report(guest.peer, "TLS handshake: " + ErrorText(ETIMEDOUT));
    } else {
      staying.push_back(std::move(guest));
    }
  }
  guests_ = std::move(staying);
  return arrival;
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
