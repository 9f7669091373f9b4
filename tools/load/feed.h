// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ari/line_splitter.h"
#include "ari/method.h"
#include "ari/version.h"
#include "load/options.h"
#include "load/stream.h"
#include "load/tally.h"

namespace penstock::load {

// The Data Adapter of a run (ari.md §4): it publishes at a steady rate, item after item of those
// that are subscribed, each update with the time of its publication. A rate that the server does
// not take makes it fall behind, not grow. Owned by the run.
class Feed final : private StreamOwner {
 public:
  Feed(const Options& options, Poller& poller, Tally& tally);

  void Open(const Address& address) { stream_.Open(address, TlsClient()); }
  bool ready() const { return ready_; }
  // Why it is of no more use; empty while it is.
  const std::string& broken() const { return broken_; }

  void Start(Clock::time_point now);
  void Stop() { running_ = false; }
  // Publishes what is due; tells when the next one is.
  Clock::time_point Publish(Clock::time_point now);

  std::uint64_t published() const { return published_; }
  std::uint64_t published_of_window() const { return published_of_window_; }
  // Updates that were due and not published yet.
  std::uint64_t behind(Clock::time_point now) const;

 private:
  struct Item {
    std::string name;
    std::string subscription;
    std::vector<std::uint32_t> values;
  };

  // StreamOwner
  void OnOpen() override;
  void OnBytes(std::string_view bytes) override;
  void OnClosed(std::string_view why) override { broken_ = why; }

  void OnLine(std::string_view line);
  void OnSubscribe(const ari::PacketHead& head);
  void OnUnsubscribe(const ari::PacketHead& head);
  void Append(Item& item, Clock::time_point now);
  std::uint64_t Due(Clock::time_point now) const;

  const Options& options_;
  Tally& tally_;
  Stream stream_;
  ari::LineSplitter splitter_;
  ari::Dialect dialect_;
  bool ready_ = false;
  bool running_ = false;
  std::string broken_;
  std::vector<Item> items_;  // subscribed ones
  std::vector<std::string> field_names_;
  Clock::time_point start_;
  std::uint64_t done_ = 0;  // since start_
  std::size_t next_item_ = 0;
  std::size_t next_field_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t published_of_window_ = 0;
  std::string out_;
  std::string values_;  // scratch
};

}  // namespace penstock::load
