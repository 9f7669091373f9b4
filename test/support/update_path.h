// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/session_fixture.h"
#include "support/update_stream.h"

namespace penstock::test {

// A link that throws away what it is told.
class DiscardLink final : public session::ClientLink {
 public:
  bool writable() const override { return true; }
  void Flush(std::string& cork) override { bytes += cork.size() - session::kHeaderRoom; }
  std::uint64_t taken() const override { return bytes; }
  std::uint64_t sent() const override { return bytes; }
  std::uint64_t Finish(bool) override { return bytes; }
  void Abandon(bool) override {}

  std::size_t bytes = 0;
};

// One item, and sessions that all see each of its updates in the turn in which it comes: the way
// of an update from EventRouter::Route() to the link. Shard: turned by hand, from one thread.
class UpdatePath : public SessionFixture {
 protected:
  void Start(tlcp::Mode mode, bool unfiltered, int sessions) {
    options_.recovery_max_bytes = 4096;  // full soon: then it grows no more
    stream_ = std::make_unique<UpdateStream>(router_->field_names(), mode == tlcp::Mode::kCommand);
    for (int i = 0; i < sessions; ++i) Subscribe(mode, unfiltered);
    item_ = source_.Find("item");
    if (mode == tlcp::Mode::kCommand) {
      stream_->AddRows([this](const kernel::ItemEvent& event) { router_->Route(item_, event); });
    }
    router_->Route(item_, {kernel::EventKind::kEndOfSnapshot, false, false, {}});
    Turn();
  }
  void RouteUpdate() { router_->Route(item_, stream_->Next()); }
  session::Pump& pump() { return table().pump(); }
  // `U` lines so far.
  std::uint64_t lines() { return pump().counters().updates; }

 private:
  void Subscribe(tlcp::Mode mode, bool unfiltered) {
    session::Session* const session = Open();
    links_.push_back(std::make_unique<DiscardLink>());
    shard_.Post([&] { session->Bind(links_.back().get(), {}, true, true, "10.0.0.1"); });
    Turn();
    tlcp::Add add = MakeAdd(1, "item", stream_->schema());
    add.mode = mode;
    if (unfiltered) add.max_frequency.kind = tlcp::Frequency::Kind::kUnfiltered;
    ASSERT_EQ(Control(session, std::move(add)), "OK");
  }

  std::unique_ptr<UpdateStream> stream_;
  std::vector<std::unique_ptr<DiscardLink>> links_;
  kernel::ItemRef item_;
};

}  // namespace penstock::test
