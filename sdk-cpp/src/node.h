// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "adapter.h"
#include "ari/init.h"
#include "ari/line_splitter.h"
#include "ari/method.h"
#include "connector.h"
#include "counters.h"
#include "endpoint.h"
#include "log.h"
#include "metadata_session.h"
#include "outbox.h"
#include "penstock/adapter/host_options.h"
#include "session.h"
#include "socket.h"
#include "stream.h"

namespace penstock::adapter {

// The life of the connection to one server: connects, opens the adapter, reads requests, and does
// so again after a loss.
// Owner: the host's core. Thread: Run() and all below it on the node's own thread, called reader;
// the rest: any. Invariant: a connection's outboxes are closed, and its items' ends are queued,
// before the next one is made; the calls that it has started may still run then.
class Node {
 public:
  // What all nodes of a host share; outlives them.
  struct Context {
    const HostOptions* options = nullptr;
    Adapter* adapter = nullptr;
    const StopSignal* stop = nullptr;
    // A node's state has changed; on its reader. `reason` as in HostListener::OnState().
    std::function<void(const Node&, std::string_view reason)> on_state;
  };

  Node(Endpoint endpoint, Context context);

  // Starts the reader; throws std::system_error.
  void Start();
  // After the stop signal: wakes the reader if it waits for calls.
  void Wake();
  // Waits for the reader, which ends after the stop signal.
  void Join();

  const Endpoint& endpoint() const { return endpoint_; }
  const std::string& server() const { return endpoint_.text; }
  HostState state() const { return state_.load(); }
  ServerCounters counters();
  // FAL; see AdapterHost::Fail().
  Status Fail(std::string_view message);
  // Null when not ready, or a data adapter.
  std::shared_ptr<MetadataSession> metadata_session();

 private:
  // One stream with what is written to it.
  struct Link {
    std::unique_ptr<Stream> stream;
    std::shared_ptr<Outbox> outbox;
    std::thread writer;
  };
  using Clock = Outbox::Clock;
  enum class Next { kGoOn, kDisconnect, kFlushAndDisconnect, kStop };

  bool is_data() const { return context_.adapter->is_data(); }
  const HostOptions& options() const { return *context_.options; }
  void SetState(HostState state, std::string_view reason);
  // A server that asks for more than can be served is read no further.
  void WaitForRoom();

  void Run();
  std::chrono::milliseconds NextDelay(int attempt);
  // The reason why there are no links, or empty.
  std::string OpenLinks();
  // Serves one connection to its end; *reason says why it ended. True if it was
  // ready for at least the longest back-off.
  bool Serve(std::string* reason);
  // Waits for what comes next and sees to it.
  Next ServeOnce(Clock::time_point init_deadline, std::string* reason);
  // Another server comes to a listener.
  Next OnCaller(std::string* reason);
  Next ReadSome(size_t link, std::string* reason);
  // Why there is nothing more to read.
  std::string WhyEnded(size_t link) const;
  Next OnLine(std::string_view line, std::string* reason);
  Next OnInit(const ari::PacketHead& head, std::string* reason);
  Next Refuse(const ari::PacketHead& head, const Error& error, std::string* reason);
  Next ProtocolError(std::string_view what, std::string* reason);
  void OpenSession(ari::Version version, const ari::InitRequest& request);
  // Lets running calls end and queued lines go out, until the deadline.
  void Flush(Clock::time_point deadline);
  void CloseLinks();
  void EndSession();

  const Endpoint endpoint_;
  const Context context_;
  const std::string log_name_;
  const Log log_;
  const std::shared_ptr<NodeCells> cells_ = std::make_shared<NodeCells>();
  std::atomic<HostState> state_{HostState::kStopped};

  // Reader only.
  std::unique_ptr<Connector> connector_;
  std::vector<Link> links_;
  std::vector<pollfd> waits_;
  std::optional<ari::LineSplitter> splitter_;
  std::vector<char> buffer_;
  bool warned_ = false;
  Clock::time_point stable_at_;     // from then on the connection counts as one that works
  Clock::time_point callers_from_;  // until then other servers that come wait
  std::minstd_rand random_;

  std::mutex mutex_;
  // Replaced by the reader under the lock; used by Fail() and the Force functions.
  std::shared_ptr<Session> session_;
  std::shared_ptr<Outbox> events_;
  ari::Dialect dialect_;

  std::thread reader_;
};

}  // namespace penstock::adapter
