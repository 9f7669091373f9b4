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
    const std::size_t n = answers_.size();
    answers_.push_back("none");
    shard_.Post([this, n, user, ttl] {
      tlcp::CreateSession request;
      request.version = tlcp::kNewestVersion;
      request.adapter_set = "SET";
      request.user = user;
      request.ttl = ttl;
      table().Open(std::move(request), {"10.0.0.1", "1234", "main", {}, {}, {}},
                   [this, n](std::variant<session::Session*, tlcp::Error> result) {
                     const auto* const error = std::get_if<tlcp::Error>(&result);
                     answers_[n] = error == nullptr ? "in" : std::to_string(error->code);
                   });
    });
    Turn();
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
