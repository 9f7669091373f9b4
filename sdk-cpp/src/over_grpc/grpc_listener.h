// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "counters.h"
#include "log.h"
#include "over_grpc/grpc_server_stream.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"
#include "socket.h"

namespace penstock::adapter {

// A port where servers dial, one at a time: while one is there others are turned away, so that
// nobody who happens to reach the port ends a stream that works.
// Owner: a conversation, which ends its streams first. Thread: any; servers come on threads of
// gRPC.
class GrpcListener {
 public:
  // At a socket that listens. All must outlive the listener. `tls`: reads the files of TLS, again
  // for each handshake.
  static Result<std::unique_ptr<GrpcListener>> Open(UniqueFd socket, bool tls,
                                                    const HostOptions& options, bool is_data,
                                                    const Log& log, NodeCells& cells);
  ~GrpcListener();

  // Waits for the next server; null: `stop` was raised, and then Wake() called. Whoever else comes
  // before Serve() waits for another Await().
  std::shared_ptr<GrpcServerStream> Await(const StopSignal& stop);
  void Wake();
  // How many wait.
  size_t callers();
  // This is the one: those that wait are turned away, and those that come, until it has ended.
  void Serve(std::shared_ptr<GrpcServerStream> stream);
  // Somebody came, and was not let in.
  void Report(const std::string& peer, const std::string& why);

 private:
  class Service;
  struct Parts;

  GrpcListener(bool is_data, const Log& log, NodeCells& cells);

  void OnStream(std::shared_ptr<GrpcServerStream> stream);
  // Those that wait.
  void TurnAllAway(const std::string& why);
  void TurnAway(GrpcServerStream& stream, const std::string& why);

  const bool is_data_;
  const Log& log_;
  NodeCells& cells_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by the lock.
  bool retired_ = false;
  std::shared_ptr<GrpcServerStream> served_;
  std::deque<std::shared_ptr<GrpcServerStream>> callers_;  // the oldest first
  // Whoever comes again and again fills no log: one line until a server is let in.
  bool reported_ = false;

  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::adapter
