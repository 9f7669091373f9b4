// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "connector.h"
#include "counters.h"
#include "outbox.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"
#include "stream.h"

namespace penstock::adapter {

// The byte streams of a conversation in ARI, one or two, each with the outbox that it is written
// from by a thread of its own. The first has requests and answers, the last events.
// Owner: the conversation. Thread: its reader; the outboxes are for any.
class Links {
 public:
  // `options` outlives them.
  Links(const HostOptions& options, std::shared_ptr<NodeCells> cells)
      : options_(options), cells_(std::move(cells)) {}

  // Takes the streams, and says on each the greeting first. On an error they are closed again.
  Status Open(Connector::Streams streams, const std::string& greeting);
  void SetKeepalive(std::chrono::milliseconds interval);

  size_t size() const { return links_.size(); }
  Stream& stream(size_t link) const { return *links_[link].stream; }
  Outbox& answers() const { return *links_.front().outbox; }
  Outbox& events() const { return *links_.back().outbox; }
  const std::shared_ptr<Outbox>& shared_answers() const { return links_.front().outbox; }
  const std::shared_ptr<Outbox>& shared_events() const { return links_.back().outbox; }

  // Why there is nothing more to read; `hung_up`: in both directions.
  std::string WhyEnded(size_t link, bool hung_up) const;
  // Lets go out what is queued, until the deadline.
  void Flush(Outbox::Clock::time_point deadline);
  void Close();

 private:
  struct Link {
    std::unique_ptr<Stream> stream;
    std::shared_ptr<Outbox> outbox;
    std::thread writer;
  };

  const HostOptions& options_;
  const std::shared_ptr<NodeCells> cells_;
  std::vector<Link> links_;
};

}  // namespace penstock::adapter
