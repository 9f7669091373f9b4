// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Who waits for a session without the Metadata Adapter being asked yet.

#include "support/session_fixture.h"

namespace penstock::test {
namespace {

using std::chrono::seconds;
using Ttl = tlcp::CreateSession::Ttl;

class ReceptionTest : public SessionFixture {
 protected:
  ReceptionTest() : SessionFixture(Limits()) {}
  ~ReceptionTest() override { table_.reset(); }  // its last answers come to this

  static protection::Gate::Options Limits() {
    protection::Gate::Options limits;
    limits.address.session_rate = 1;
    limits.address.login_failures = 1;
    limits.user.sessions = 1;
    limits.user.login_failures = 1;
    return limits;
  }

  // Asks for a session; answers_ has what became of it.
  void Ask(std::optional<std::string> user = {}, Ttl ttl = {}) {
    shard_.Post([this, user, ttl] { OpenNow(user, ttl, {}); });
    Turn();
  }
  // Asks for one that replaces the last one, which an adapter ends before that has made room.
  void AskAndEnd(const std::string& user, const std::string& ended_by_set) {
    shard_.Post([this, user, ended_by_set] {
      OpenNow(user, {}, metadata_.last_session);
      table().End(ended_by_set, metadata_.last_session,
                  tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
    });
    Turn();
  }
  void OpenNow(std::optional<std::string> user, Ttl ttl, std::optional<std::string> old) {
    const std::size_t n = answers_.size();
    answers_.push_back("none");
    tlcp::CreateSession request;
    request.version = tlcp::kNewestVersion;
    request.adapter_set = "SET";
    request.user = std::move(user);
    request.ttl = ttl;
    request.old_session = std::move(old);
    table().Open(std::move(request), {"10.0.0.1", "1234", "main", {}, {}, {}},
                 [this, n](std::variant<session::Session*, tlcp::Error> result) {
                   const auto* const error = std::get_if<tlcp::Error>(&result);
                   answers_[n] = error == nullptr ? "in" : std::to_string(error->code);
                 });
  }

  static constexpr Ttl kForEver{Ttl::Kind::kUnlimited, {}};
  std::vector<std::string> answers_;
};

TEST_F(ReceptionTest, LetsInOneAfterTheOtherWhoWaitForEver) {
  for (int i = 0; i < 5; ++i) Ask({}, kForEver);
  EXPECT_EQ(answers_, (std::vector<std::string>{"in", "in", "none", "none", "none"}));
  Advance(seconds(1));
  EXPECT_EQ(answers_[2], "in");
  EXPECT_EQ(answers_[3], "none");
  Advance(seconds(2));
  EXPECT_EQ(answers_[4], "in");
}

TEST_F(ReceptionTest, BlocksAnAddressWhoseTurnIsMoreThanAMinuteAway) {
  for (int i = 0; i < 63; ++i) Ask({}, kForEver);
  EXPECT_EQ(answers_[61], "none");
  EXPECT_EQ(answers_[62], "10");  // SessionCode::kNewSessionsBlocked
}

TEST_F(ReceptionTest, BoundsThoseWhoWait) {
  options_.max_creates_pending = 2;
  for (int i = 0; i < 5; ++i) Ask({}, kForEver);
  EXPECT_EQ(answers_, (std::vector<std::string>{"in", "in", "none", "none", "5"}));
}

TEST_F(ReceptionTest, GivesUpAClientWhoseTimeIsOverBeforeTheAdapterWasAsked) {
  metadata_.refuse_open = tlcp::MakeError(tlcp::SessionCode::kCredentialsRefused);
  Ask("u");
  Ask("u", {Ttl::Kind::kMillis, Millis(400)});
  EXPECT_EQ(answers_[1], "none");
  Advance(Millis(500));
  EXPECT_EQ(answers_[1], "5");
  Advance(seconds(2));
  EXPECT_EQ(metadata_.log, std::vector<std::string>{"OPEN u"});
  EXPECT_EQ(gate_.sessions(), 0u);
  EXPECT_EQ(gate_.creates_delayed(), 0u);
}

TEST_F(ReceptionTest, RefusesThoseWhoWaitWhenItCloses) {
  for (int i = 0; i < 3; ++i) Ask({}, kForEver);
  shard_.Post([this] { table().CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer)); });
  Turn();
  EXPECT_EQ(answers_[2], "5");
  EXPECT_EQ(gate_.creates_delayed(), 0u);
}

TEST_F(ReceptionTest, TellsTheAdapterWhenAUserHasTooManySessions) {
  Ask("u");
  Ask("u");
  EXPECT_EQ(answers_, (std::vector<std::string>{"in", "8"}));
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"OPEN u", "OPEN u", "CLOSE"}));
  EXPECT_EQ(gate_.sessions(), 1u);
}

// ari.md §3.11: the adapter has let it in already, so it may end it.
TEST_F(ReceptionTest, ASessionThatIsEndedBeforeItHasItsPlaceEndsWhenItHas) {
  Ask("u");
  AskAndEnd("u", "SET");
  Turn();
  EXPECT_EQ(answers_, (std::vector<std::string>{"in", "in"}));
  EXPECT_EQ(table().size(), 0u);
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"OPEN u", "OPEN u", "CLOSE", "CLOSE"}));
  EXPECT_EQ(gate_.sessions(), 0u);
}

TEST_F(ReceptionTest, TheAdapterOfAnotherSetEndsNobodyWhoHasNoPlaceYet) {
  Ask("u");
  AskAndEnd("u", "OTHER");
  Turn();
  EXPECT_EQ(table().size(), 1u);
}

// ari.md §3.3: EX
TEST_F(ReceptionTest, AnAdapterClosesNoSessionOfAnotherSetForANewOne) {
  options_.adapter_sets.push_back({"OTHER", &metadata_, {{"DEFAULT", &source_}}});
  tlcp::CreateSession request;
  request.adapter_set = "OTHER";
  ASSERT_NE(Open(std::move(request)), nullptr);
  metadata_.conflict = std::make_shared<session::SessionConflict>(
      session::SessionConflict{metadata_.last_session, tlcp::Error()});
  Ask();
  Turn();
  EXPECT_EQ(answers_[0], "in");
  EXPECT_EQ(table().size(), 2u);
}

TEST_F(ReceptionTest, ForgetsRefusalsOfAnAddressWithTheNextLogin) {
  metadata_.refuse_open = tlcp::MakeError(tlcp::SessionCode::kCredentialsRefused);
  Ask("u");
  metadata_.refuse_open.reset();
  Ask("v");
  EXPECT_EQ(answers_[1], "none");
  Advance(seconds(1));
  EXPECT_EQ(answers_[1], "in");
  Ask("w", kForEver);
  EXPECT_EQ(answers_[2], "in");
}

}  // namespace
}  // namespace penstock::test
