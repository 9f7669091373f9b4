// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/body_reader.h"
#include "load/options.h"
#include "load/stream.h"
#include "load/subscriber.h"
#include "load/tally.h"

namespace penstock::load {

// What all sessions of a run share.
struct SessionPlan {
  const Options& options;
  const Address& address;
  const TlsClient& tls;
  Poller& poller;
  Tally& tally;
};

// One client: a session with at most one subscription, over a WebSocket or a streaming response
// (TLCP §2, §3). It counts what comes and keeps nothing of it. Owned by the run.
class ClientSession final : public Subscriber, private StreamOwner, private BodyUser {
 public:
  // `number` decides which items it takes; `slow`: it stops reading once it is subscribed.
  ClientSession(const SessionPlan& plan, std::size_t number, bool slow);

  // Subscriber
  void Open() override { stream_.Open(plan_.address, plan_.tls); }
  std::size_t CountStale(Clock::time_point since) const override;

 private:
  enum class State : std::uint8_t { kOpening, kCreated, kReady, kFailed };

  // StreamOwner
  void OnOpen() override;
  void OnBytes(std::string_view bytes) override;
  void OnClosed(std::string_view why) override;
  // BodyUser
  void OnText(std::string_view text) override;
  void OnPing(std::string_view payload) override;

  void OnLine(std::string_view line);
  void OnUpdate(std::string_view line);
  void OnCreated(std::string_view line);
  void OnReady();
  void OnLoop();
  void Fail(std::string_view what);

  std::string CreateParameters() const;
  std::string SubscribeParameters() const;
  // As a WebSocket message, or as a request of its own.
  void Request(std::string_view name, const std::string& body);

  const SessionPlan& plan_;
  const std::size_t number_;
  const bool slow_;
  State state_ = State::kOpening;
  Stream stream_;
  std::optional<BodyReader> reader_;
  std::string id_;
  std::string cut_line_;
  bool looped_ = false;
  Clock::time_point arrived_;               // what is being read
  std::vector<Clock::time_point> renewed_;  // when each item last was
};

}  // namespace penstock::load
