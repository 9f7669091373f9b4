// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/export.h"
#include "penstock/adapter/host_counters.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/metadata_provider.h"
#include "penstock/adapter/result.h"

namespace penstock::adapter {

// Connects one provider to one proxy of each of its servers, and keeps it connected, over ARI or
// over gRPC as the endpoint of each says.
// A process may have any number of hosts, one for each adapter:
//
//   AdapterHost host(std::make_shared<MyData>(), {.servers = {"tcp://127.0.0.1:6661"}});
//   if (const Status started = host.Start(); !started) return 1;
//   host.Wait();
//
// Owner: the user. It has, for each server, a thread that reads and one that writes (two with a
// notify port), and a small pool that runs the provider's calls. Thread: Start(), Stop(), Wait()
// and the destructor are for any thread but the host's own, which means: not from within a
// provider's or a listener's call. Everything else may be called from anywhere. Errors: a server
// that is away, refuses or hangs up is no error but a reason to try again, told to the
// HostListener. The library never ends the process and installs no signal handler.
class PENSTOCK_SDK_EXPORT AdapterHost {
 public:
  AdapterHost(std::shared_ptr<DataProvider> provider, HostOptions options);
  AdapterHost(std::shared_ptr<MetadataProvider> provider, HostOptions options);
  AdapterHost(std::nullptr_t, HostOptions) = delete;  // of which kind?
  // Stops, if Stop() was not called.
  ~AdapterHost();
  AdapterHost(const AdapterHost&) = delete;
  AdapterHost& operator=(const AdapterHost&) = delete;

  // Starts the threads and returns; the connection comes about by itself. Fails when the options
  // make no sense or the host was started before: a host is started once.
  Status Start();

  // Ends in order: takes no more requests, has the items unsubscribed, lets the running calls end,
  // sends what is queued, closes and joins the threads. What cannot be sent within `drain` is
  // dropped; a provider's call that does not return is waited for. Calling it again does nothing.
  // Not for a signal handler, which may only leave a word for a thread (a flag, sigwait()).
  void Stop(std::chrono::milliseconds drain = std::chrono::seconds(5));

  // Blocks until the host is stopped, by Stop() from another thread or because `reconnect` is off
  // and the connection is gone. Returns at once if it was never started.
  void Wait();

  // That of the server that is furthest: kReady when any is.
  HostState state() const;
  HostCounters counters() const;

  // The adapter is unusable: tells all servers, which drop the connection, or end if their proxy is
  // a plain one (FAL). For metadata adapters from 1.9.0. The connections are then made anew as
  // after any loss. Fails when no server could be told.
  Status Fail(std::string_view message);

  // Ends a client's session (FST; metadata adapters, from 1.9.0). With `code` (0 or less) and
  // `message` the client is told a reason. An unknown session is a success. With several servers
  // the one that announced the session is asked, or all if none of them did. The future is ready
  // when the server has answered or the connection is lost; do not wait for it inside of a
  // provider's call.
  std::future<Status> ForceSessionTermination(std::string_view session,
                                              std::optional<int> code = std::nullopt,
                                              NullableString message = std::nullopt);

  // Ends one subscription of a session (FUS; metadata adapters, from 1.9.0). False: NewTables() did
  // not allow it. Who is asked, and the future, are as above.
  std::future<Result<bool>> ForceUnsubscription(std::string_view session, int win_index);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace penstock::adapter
