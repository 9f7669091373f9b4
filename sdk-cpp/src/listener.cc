// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "listener.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "tcp_stream.h"
#include "tls.h"

namespace penstock::adapter {
namespace {

using Clock = std::chrono::steady_clock;

// Handshakes come one after the other, so none may take long.
constexpr std::chrono::milliseconds kHandshakeTime{3000};

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
  const Patience forever{Clock::time_point::max(), &stop};
  while (true) {
    if (const Status waited = forever.WaitFor(fd(), POLLIN); !waited) return waited.error();
    Accepted accepted = Accept(fd());
    if (!accepted.fd) {
      if (MayAcceptAgain(accepted.error)) continue;
      return Error("cannot accept: " + ErrorText(accepted.error));
    }
    auto stream = LetIn(std::move(accepted.fd), stop);
    if (!stream) {
      Report(accepted.peer, stream.error().message());
      continue;
    }
    reported_ = false;
    Tell(LogLevel::kInfo, "connected by " + accepted.peer);
    Streams streams;
    streams.push_back(std::move(stream).value());
    return streams;
  }
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

Result<std::unique_ptr<Stream>> Listener::LetIn(UniqueFd fd, const StopSignal& stop) const {
  if (!endpoint_.tls) return std::unique_ptr<Stream>(std::make_unique<TcpStream>(std::move(fd)));
  auto tls = LoadTls(options_.tls, endpoint_.role);
  if (!tls) return tls.error();
  const auto time = std::min(options_.connect_timeout, kHandshakeTime);
  return StartTls(*tls, std::move(fd), endpoint_.host, {DeadlineAfter(time), &stop});
}

void Listener::Report(const std::string& peer, const std::string& why) {
  cells_.turned_away.Add();
  Tell(reported_ ? LogLevel::kDebug : LogLevel::kWarning, "turned away " + peer + ": " + why);
  reported_ = true;
}

void Listener::Tell(LogLevel level, const std::string& text) const { log_.Write(level, text); }

}  // namespace penstock::adapter
