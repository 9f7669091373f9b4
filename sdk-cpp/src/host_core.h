// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ari/line_splitter.h"
#include "ari/method.h"
#include "counters.h"
#include "log.h"
#include "metadata_session.h"
#include "outbox.h"
#include "penstock/adapter/adapter_host.h"
#include "session.h"
#include "socket.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The life of a host: dials, opens the adapter, reads requests, and does so again after a loss.
// Owner: AdapterHost. Thread: Run() and all below it on the host's own thread, called reader; the
// rest as AdapterHost. Invariant: a connection's outboxes are closed and its calls have ended
// before the next one is dialled.
class AdapterHost::Core {
 public:
  Core(std::shared_ptr<DataProvider> data, std::shared_ptr<MetadataProvider> metadata,
       HostOptions options);
  ~Core();

  Status Start();
  void Stop(std::chrono::milliseconds drain);
  void Wait();
  HostState state() const { return state_.load(); }
  HostCounters counters() const { return counters_->Read(); }
  Status Fail(std::string_view message);
  // Null when not ready, or a data adapter.
  std::shared_ptr<MetadataSession> metadata_session();

 private:
  // One socket with what is written to it.
  struct Link {
    UniqueFd fd;
    std::shared_ptr<Outbox> outbox;
    std::thread writer;
  };
  enum class Next { kGoOn, kDisconnect, kFlushAndDisconnect };

  Status CheckOptions() const;
  bool is_data() const { return data_ != nullptr; }
  ari::Method init_method() const { return is_data() ? ari::Method::kDpi : ari::Method::kMpi; }
  void SetState(HostState state, std::string_view reason);
  bool stop_requested() const { return stopping_.load(); }

  void Run();
  std::chrono::milliseconds NextDelay(int attempt);
  // The reason why there are no links, or empty.
  std::string OpenLinks();
  // Serves one connection to its end; *reason says why it ended. True if it got as far as ready.
  bool Serve(std::string* reason);
  Next ReadSome(size_t link, std::string* reason);
  Next OnLine(std::string_view line, std::string* reason);
  Next OnInit(const ari::PacketHead& head, std::string* reason);
  Next Refuse(const ari::PacketHead& head, const Error& error, std::string* reason);
  Next ProtocolError(std::string_view what, std::string* reason);
  void OpenSession(ari::Version version);
  // Lets running calls end and queued lines go out, until the deadline.
  void Flush(Outbox::Clock::time_point deadline);
  void CloseLinks();
  void EndSession();

  const std::shared_ptr<DataProvider> data_;
  const std::shared_ptr<MetadataProvider> metadata_;
  const HostOptions options_;
  const Log log_;
  const std::shared_ptr<CounterCells> counters_;
  StopSignal stop_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> drain_millis_{0};
  std::atomic<HostState> state_{HostState::kStopped};

  // Reader only.
  std::unique_ptr<WorkerPool> pool_;
  std::vector<Link> links_;
  std::optional<ari::LineSplitter> splitter_;
  std::vector<char> buffer_;
  bool warned_ = false;
  std::minstd_rand random_;

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool started_ = false;
  bool finished_ = false;
  // Replaced by the reader under the lock; used by Fail() and the Force functions.
  std::shared_ptr<Session> session_;
  std::shared_ptr<MetadataSession> metadata_session_;
  std::shared_ptr<Outbox> failure_outbox_;
  ari::Dialect dialect_;

  std::mutex join_mutex_;
  std::thread reader_;
};

}  // namespace penstock::adapter
