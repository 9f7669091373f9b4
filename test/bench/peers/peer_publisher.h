// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/peer_protocol.h"
#include "load/options.h"
#include "load/pace.h"
#include "load/publisher.h"
#include "load/stream.h"
#include "load/tally.h"

namespace penstock::bench {

// The source of another push server: as many bytes an update as load::Feed's values have, topic
// after topic. Owned by the run.
class PeerPublisher final : public load::Publisher {
 public:
  PeerPublisher(const PeerProtocol& protocol, const load::Options& options, std::uint16_t port,
                load::Poller& poller, load::Tally& tally);
  ~PeerPublisher() override;

  std::string Open() override;
  bool ready() const override;
  const std::string& broken() const override { return broken_; }
  void Start(load::Clock::time_point now) override { pace_.Start(now); }
  void Stop() override { pace_.Stop(); }
  load::Clock::time_point Publish(load::Clock::time_point now) override;
  std::uint64_t published_of_window() const override { return published_of_window_; }
  std::uint64_t behind(load::Clock::time_point now) const override { return pace_.Behind(now); }

 private:
  class Connection;

  const PeerProtocol& protocol_;
  const load::Options& options_;
  const std::uint16_t port_;
  load::Poller& poller_;
  load::Tally& tally_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::string broken_;
  load::Pace pace_;
  std::string payload_;
  std::size_t next_ = 0;
  std::uint64_t published_of_window_ = 0;
};

}  // namespace penstock::bench
