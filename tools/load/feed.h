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
#include "load/pace.h"
#include "load/publisher.h"
#include "load/stream.h"
#include "load/tally.h"

namespace penstock::load {

// The Data Adapter of a run (ari.md §4): it publishes at a steady rate, item after item of those
// that are subscribed, each update with the time of its publication.
class Feed final : public Publisher, private StreamOwner {
 public:
  Feed(const Options& options, Poller& poller, Tally& tally);

  // Publisher
  std::string Open() override;
  bool ready() const override { return ready_; }
  const std::string& broken() const override { return broken_; }
  void Start(Clock::time_point now) override { pace_.Start(now); }
  void Stop() override { pace_.Stop(); }
  Clock::time_point Publish(Clock::time_point now) override;
  std::uint64_t published_of_window() const override { return published_of_window_; }
  std::uint64_t behind(Clock::time_point now) const override { return pace_.Behind(now); }

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

  const Options& options_;
  Tally& tally_;
  Stream stream_;
  ari::LineSplitter splitter_;
  ari::Dialect dialect_;
  bool ready_ = false;
  std::string broken_;
  std::vector<Item> items_;  // subscribed ones
  std::vector<std::string> field_names_;
  Pace pace_;
  std::size_t next_item_ = 0;
  std::size_t next_field_ = 0;
  std::uint64_t published_of_window_ = 0;
  std::string out_;
  std::string values_;  // scratch
};

}  // namespace penstock::load
