// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/adapter/result.h"
#include "socket.h"
#include "tcp.h"

namespace penstock::adapter {

// Accepts the connections of a port for gRPC's server, and bounds what strangers among them can
// make grow. gRPC takes whoever comes, looks at the size of a message when it has all of it, and
// tells nobody when a connection ends. So the lobby keeps a second descriptor of each, by which it
// is counted, watched, and ended: of too many the oldest goes, and so does who sends more than
// anybody has to say. The server that is let in leaves: nobody watches it.
// Owner: a GrpcListener. Thread: any, and one of its own.
class GrpcLobby {
 public:
  static constexpr size_t kRoom = 32;
  // With all that TLS and HTTP/2 add. Health checks may come over one connection for hours.
  static constexpr uint64_t kMostBytes = uint64_t{1} << 20;

  // A descriptor of a connection for gRPC, which closes it.
  using OnConnection = std::function<void(int)>;
  // Who was ended, and why.
  using OnEnded = std::function<void(const std::string& peer, const std::string& why)>;

  // Both are called on the lobby's thread, with no lock held.
  GrpcLobby(OnConnection on_connection, OnEnded on_ended)
      : on_connection_(std::move(on_connection)), on_ended_(std::move(on_ended)) {}
  // Nobody is accepted any more.
  ~GrpcLobby();

  Status Open(UniqueFd listening);
  // The server that is there, as gRPC names it: "127.0.0.1:40312".
  void Leave(const std::string& peer);

 private:
  struct Stranger {
    UniqueFd second;
    std::string peer;
  };
  using Strangers = std::list<Stranger>;

  void Loop();
  void AcceptOne();
  // Of the strangers.
  std::vector<int> Fds();
  void OnReady(int fd, uint32_t events);
  bool Watch(int fd, uint32_t events);
  // Takes it out, with the lock held.
  Stranger TakeOut(Strangers::iterator at);
  void End(const Stranger& stranger, const std::string& why);

  const OnConnection on_connection_;
  const OnEnded on_ended_;
  StopSignal stop_;
  UniqueFd listening_;
  UniqueFd epoll_;
  std::mutex mutex_;
  Strangers strangers_;  // the oldest first; guarded by the lock
  std::thread thread_;
};

}  // namespace penstock::adapter
