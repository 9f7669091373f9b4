// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapter.h"
#include "counters.h"
#include "endpoint.h"
#include "log.h"
#include "metadata_session.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"
#include "socket.h"

namespace penstock::adapter {

// What is said with one server, on one connection after another, in the protocol that its endpoint
// names. When to connect, and how often, is the node's.
// Owner: its node. Thread: Open(), Serve() and Retire() on the node's own thread, called reader;
// the rest: any. Invariant: when Serve() returns the connection is gone, its outboxes are closed
// and the ends of its items are queued; the calls that it has started may still run then.
class Conversation {
 public:
  // All but the cells outlives the conversation.
  struct Context {
    const Endpoint* endpoint = nullptr;
    const HostOptions* options = nullptr;
    Adapter* adapter = nullptr;
    const StopSignal* stop = nullptr;
    const Log* log = nullptr;
    std::shared_ptr<NodeCells> cells;
    // The adapter is open and takes requests; on the reader.
    std::function<void()> on_ready;
  };
  struct Ending {
    std::string reason;
    bool was_stable = false;  // it was ready for at least the longest back-off
  };

  static std::unique_ptr<Conversation> Create(Context context);
  // Whether the options serve such an endpoint: the files of TLS can be read, and so on.
  static Status Check(const Endpoint& endpoint, const HostOptions& options);

  virtual ~Conversation() = default;

  // Waits for a connection. The error says why there is none; until the host is stopped one may
  // come later.
  virtual Status Open() = 0;
  // Opens the adapter and serves the connection to its end.
  virtual Ending Serve() = 0;
  // There will be no further connection.
  virtual void Retire() = 0;

  // After the stop signal: wakes the reader if it waits for something that no file descriptor
  // tells.
  virtual void Wake() = 0;
  virtual size_t queued_bytes() = 0;
  // See AdapterHost::Fail().
  virtual Status Fail(std::string_view message) = 0;
  // Null when not ready, or of a data adapter.
  virtual std::shared_ptr<MetadataSession> metadata_session() = 0;
};

}  // namespace penstock::adapter
