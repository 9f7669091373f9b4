// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/peer_protocol.h"
#include "load/body_reader.h"
#include "load/stream.h"
#include "load/subscriber.h"
#include "load/tally.h"

namespace penstock::bench {

// A subscriber of another push server: it counts the time marks in what comes. Owned by the run.
class PeerSubscriber final : public load::Subscriber,
                             private load::StreamOwner,
                             private load::BodyUser {
 public:
  struct Place {
    const PeerProtocol& protocol;
    const load::Address& address;
    load::Poller& poller;
    load::Tally& tally;
  };

  PeerSubscriber(const Place& place, std::vector<std::size_t> topics);

  void Open() override { stream_.Open(place_.address, load::TlsClient()); }
  // Not told apart by topic.
  std::size_t CountStale(load::Clock::time_point) const override { return 0; }

 private:
  void OnOpen() override;
  void OnBytes(std::string_view bytes) override;
  void OnClosed(std::string_view why) override { Fail(why); }
  void OnText(std::string_view text) override;
  void OnPing(std::string_view payload) override;

  void OnUpgraded();
  void OnReady();
  void CountMarks(std::string_view text);
  void Fail(std::string_view what);

  const Place& place_;
  const std::vector<std::size_t> topics_;
  load::Stream stream_;
  std::optional<load::BodyReader> reader_;
  bool upgraded_ = false;
  bool ready_ = false;
  bool failed_ = false;
  std::string answer_;  // to the subscription, so far
  std::string cut_;     // may be the beginning of a mark
  load::Clock::time_point arrived_;
};

}  // namespace penstock::bench
