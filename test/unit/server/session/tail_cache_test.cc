// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/tail_cache.h"

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class TailCacheTest : public test::SessionFixture {};

TEST_F(TailCacheTest, EncodesOnceForAllWhoSawTheSame) {
  constexpr int kSessions = 20;
  test::FakeLink links[kSessions];
  for (test::FakeLink& link : links) Control(OpenBound(link), MakeAdd(1, "a", "f g"));
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  for (test::FakeLink& link : links) link.Take();
  const TailCache* cache = nullptr;
  shard_.Post([&] {
    kernel::Subscriber probe;
    items_->Attach(source_, "a", kernel::View::kMerge, {}, &probe);
    cache = static_cast<const TailCache*>(probe.item->attachment());
    items_->Detach(&probe);
  });
  Turn();
  const std::uint64_t before = cache->encoded();
  Send("a", {{"f", "3"}});
  for (test::FakeLink& link : links) EXPECT_EQ(link.Take(), "U,1,1,3|");
  EXPECT_EQ(cache->encoded(), before + 1);
}

TEST_F(TailCacheTest, DifferentSchemasAndStartingPointsGetTheirOwn) {
  test::FakeLink fast, slow, other;
  Session* const slow_session = OpenBound(slow);
  Control(OpenBound(fast), MakeAdd(1, "a", "f g"));
  Control(slow_session, MakeAdd(1, "a", "f g"));
  Control(OpenBound(other), MakeAdd(1, "a", "g"));
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  fast.Take(), slow.Take(), other.Take();
  slow.is_writable = false;
  Send("a", {{"f", "3"}});
  EXPECT_EQ(fast.Take(), "U,1,1,3|");
  EXPECT_EQ(other.Take(), "");  // nothing that it has asked for
  Send("a", {{"g", "4"}});
  EXPECT_EQ(fast.Take(), "U,1,1,|4");
  slow.is_writable = true;
  shard_.Post([&] { slow_session->OnLinkWritable(); });
  Turn();
  EXPECT_EQ(slow.Take(), "U,1,1,3|4");
  EXPECT_EQ(other.Take(), "U,1,1,4");
}

TEST_F(TailCacheTest, ADifferenceIsComputedOnceForAllSessionsAndSchemas) {
  options_.diffs.default_order = DiffOrder::FromLetters("M");
  constexpr int kSessions = 20;
  test::FakeLink links[kSessions];
  tlcp::CreateSession request;
  for (int i = 0; i < kSessions; ++i) {
    Session* const session = Open(request);
    Bind(session, links[i]);
    Control(session, MakeAdd(1, "a", i % 2 == 0 ? "f" : "g f"));
  }
  const std::string text(200, 'x');
  Send("a", {{"f", text + "1"}, {"g", "1"}}, true);
  for (test::FakeLink& link : links) link.Take();
  const TailCache* cache = nullptr;
  shard_.Post([&] {
    kernel::Subscriber probe;
    items_->Attach(source_, "a", kernel::View::kMerge, {}, &probe);
    cache = static_cast<const TailCache*>(probe.item->attachment());
    items_->Detach(&probe);
  });
  Turn();
  EXPECT_EQ(cache->diffs(), 0u);
  Send("a", {{"f", text + "2"}});
  for (int i = 0; i < kSessions; ++i) {
    EXPECT_TRUE(links[i].Take().starts_with(i % 2 == 0 ? "U,1,1,^T" : "U,1,1,|^T"));
  }
  EXPECT_EQ(cache->diffs(), 1u);
}

}  // namespace
}  // namespace penstock::session
