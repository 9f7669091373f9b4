// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <chrono>

#include "metadata_proxy_test.h"

namespace penstock::adapters {
namespace {

using config::NotifyUserOnDisconnection;
using test::MetadataProxyTest;

// What a call is answered with, and the code that the client is told (ari.md §3.17).
struct Refusal {
  const char* reply;
  int code;
  const char* message = nullptr;  // where it matters
};

std::string Word(const testing::TestParamInfo<Refusal>& info) {
  std::string name;
  for (const char* c = info.param.reply; *c != '\0'; ++c) {
    if (std::isalnum(static_cast<unsigned char>(*c)) != 0) name += *c;
  }
  return name + std::to_string(info.index);
}

class RefusedUserTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedUserTest, IsToldTheCode) {
  StartReady();
  Open();
  Next();
  Reply(std::string("NUS|") + GetParam().reply);
  EXPECT_EQ(OpenCode(), GetParam().code);
  if (GetParam().message != nullptr) {
    EXPECT_EQ(std::get<tlcp::Error>(*opened_).message, GetParam().message);
  }
  EXPECT_FALSE(remote_->HasLine());
}

INSTANTIATE_TEST_SUITE_P(
    Replies, RefusedUserTest,
    testing::Values(Refusal{"EA|no such user", 1}, Refusal{"ER|db down", 6},
                    Refusal{"EC|quota|-5|Too many %7C seats", -5, "Too many | seats"},
                    Refusal{"EC|quota|-5|#", -5, ""}, Refusal{"EC|quota|7|positive", 0, "positive"},
                    Refusal{"E|#", 66}, Refusal{"EI|not for this call", 66}, Refusal{"V", 66},
                    Refusal{"D|x|B|1", 66}, Refusal{"D|-1|B|1", 66}, Refusal{"D|NaN|B|1", 66}),
    Word);

class RefusedSessionTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedSessionTest, IsToldTheCode) {
  StartReady();
  Open();
  Next();
  Reply("NUS|D|0|B|0");
  Next();
  Reply(std::string("NNS|") + GetParam().reply);
  EXPECT_EQ(OpenCode(), GetParam().code);
  EXPECT_FALSE(remote_->HasLine());
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedSessionTest,
                         testing::Values(Refusal{"EC|quota|-5|no", -5}, Refusal{"EN|dup id", 68},
                                         Refusal{"E|#", 66}, Refusal{"EA|not for this call", 66}),
                         Word);

class RefusedItemsTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedItemsTest, IsToldTheCode) {
  StartReady();
  Authorize(Query());
  Next();
  Reply(std::string("GIS|") + GetParam().reply);
  EXPECT_EQ(AuthorizeCode(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedItemsTest,
                         testing::Values(Refusal{"EI|unknown group", 21}, Refusal{"E|#", 66},
                                         Refusal{"S|a|S|$", 66}, Refusal{"S|%FF", 66}),
                         Word);

class RefusedSchemaTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedSchemaTest, IsToldTheCode) {
  StartReady();
  Authorize(Query());
  Next();
  Reply("GIS|S|a");
  Next();
  Reply(std::string("GSC|") + GetParam().reply);
  EXPECT_EQ(AuthorizeCode(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedSchemaTest,
                         testing::Values(Refusal{"EI|not with this group", 22},
                                         Refusal{"ES|unknown schema", 23}, Refusal{"", 23},
                                         Refusal{"E|#", 66}),
                         Word);

// The third member is the mode and whether unfiltered updates are wanted: "M" or "M unfiltered".
struct RefusedLimits {
  const char* git;
  const char* gui;
  bool unfiltered;
  int code;
};

class RefusedLimitsTest : public MetadataProxyTest,
                          public testing::WithParamInterface<RefusedLimits> {};

TEST_P(RefusedLimitsTest, IsToldTheCode) {
  StartReady();
  auto query = Query();
  query.unfiltered = GetParam().unfiltered;
  Authorize(query);
  ResolveNames();
  Next();
  Reply(std::string("GIT|") + GetParam().git);
  if (!authorized_) {
    Next();
    Reply(std::string("GUI|") + GetParam().gui);
  }
  EXPECT_EQ(AuthorizeCode(), GetParam().code);
}

constexpr char kAnyGit[] = "I|0|D|0|M|RMDC|I|0|D|0|M|RMDC";

INSTANTIATE_TEST_SUITE_P(
    Replies, RefusedLimitsTest,
    testing::Values(RefusedLimits{"I|0|D|0|M|RMDC|I|0|D|0|M|RDC", kAnyGit, false, 24},
                    RefusedLimits{kAnyGit, "I|0|D|0|M|RMDC|I|0|D|0|M|$", false, 24},
                    RefusedLimits{kAnyGit, "I|0|D|0|M|M|I|0|D|2.5|M|M", true, 26},
                    RefusedLimits{"I|0|D|0|M|M|I|0|D|2.5|M|M", kAnyGit, true, 27},
                    RefusedLimits{"I|0|D|0|M|M", nullptr, false, 66},  // one entry for two items
                    RefusedLimits{kAnyGit, "I|0|D|0|M|M", false, 66},
                    RefusedLimits{"E|#", nullptr, false, 66},
                    RefusedLimits{kAnyGit, "E|#", false, 66}));

class RefusedTableTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedTableTest, IsToldTheCode) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  Next();
  Reply(std::string("NNT|") + GetParam().reply);
  EXPECT_EQ(AuthorizeCode(), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedTableTest,
                         testing::Values(Refusal{"EC|quota|-5|no", -5}, Refusal{"EN|odd", 68},
                                         Refusal{"E|#", 66}),
                         Word);

class RefusedMessageTest : public MetadataProxyTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedMessageTest, IsToldTheCode) {
  StartReady();
  SendMessage("hello");
  Next();
  Reply(std::string("NUM|") + GetParam().reply);
  EXPECT_EQ(MessageCode(), GetParam().code);
  if (GetParam().message != nullptr) {
    EXPECT_EQ(std::get<tlcp::Error>(*outcome_).message, GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedMessageTest,
                         testing::Values(Refusal{"EC|quota|-20|not now", -20, "not now"},
                                         Refusal{"EC|quota|-20|#", -20, ""},
                                         Refusal{"EC|quota|7|positive", 0, "positive"},
                                         Refusal{"EN|odd", 34}, Refusal{"E|#", 35},
                                         Refusal{"EA|not for this call", 35},
                                         Refusal{"S|no void", 35}),
                         Word);

TEST_F(MetadataProxyTest, AMessageWithoutAnAnswerFailsInTime) {
  StartReady();
  SendMessage("hello");
  Next();
  house_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(MessageCode(), 35);
  outcome_.reset();
  Reply("NUM|V");
  EXPECT_FALSE(outcome_.has_value());
  EXPECT_EQ(house_.counters().late_replies.value(), 1u);
}

TEST_F(MetadataProxyTest, MessagesFailWithoutARemoteAdapter) {
  StartReady();
  SendMessage("hello");
  remote_->Hangup();
  house_.Turns(5);
  EXPECT_EQ(MessageCode(), 35);
  SendMessage("hello again");
  EXPECT_EQ(MessageCode(), 35);
}

TEST_F(MetadataProxyTest, ASelectorIsRefusedWithoutACall) {
  StartReady();
  auto query = Query();
  query.table.selector = "price > 3";
  Authorize(query);
  EXPECT_EQ(AuthorizeCode(), 25);
  EXPECT_FALSE(remote_->HasLine());
}

// --- Time and loss

// A12
TEST_F(MetadataProxyTest, EachCallHasItsDeadlineAndLateRepliesAreIgnored) {
  StartReady();
  const char* const replies[] = {"GIS|S|a|S|b", "GSC|S|last", "GIT|I|0|D|0|M|RMDC|I|0|D|0|M|RMDC",
                                 "GUI|I|0|D|0|M|RMDC|I|0|D|0|M|RMDC", "NNT|V"};
  std::uint64_t late = 0;
  // Each round one call further, which then is not answered in time. What GIT and GUI said is
  // remembered: those rounds come before.
  for (int silent = 0; silent < 5; ++silent) {
    auto query = Query();
    query.user = "user" + std::to_string(silent);
    query.wants_tables = true;
    Authorize(query);
    for (int call = 0; call <= silent; ++call) {
      if (silent > 3 && call == 2) continue;  // GIT is known from the round before
      Next();
      if (call < silent) Reply(replies[call]);
    }
    EXPECT_FALSE(authorized_.has_value());
    house_.Advance(std::chrono::seconds(10));
    EXPECT_EQ(AuthorizeCode(), 66);
    authorized_.reset();
    Reply(replies[silent]);
    EXPECT_FALSE(authorized_.has_value());
    EXPECT_EQ(house_.counters().late_replies.value(), ++late);
  }
  EXPECT_EQ(house_.counters().timeouts.value(), 5u);
}

// A12
TEST_F(MetadataProxyTest, ACallAboutASessionHasItsDeadline) {
  StartReady();
  const auto expire = [this](const std::string& method, const std::string& reply) {
    EXPECT_EQ(Next().substr(0, 3), method);
    const std::string id = id_;
    house_.Advance(std::chrono::seconds(10));
    const std::uint64_t late = house_.counters().late_replies.value();
    remote_->Send(id + "|" + method + "|" + reply);
    house_.Turns(4);
    EXPECT_EQ(house_.counters().late_replies.value(), late + 1) << method;
  };
  for (const bool certificate : {false, true}) {
    opened_.reset();
    Open(certificate ? std::optional(session::ClientCertificate{}) : std::nullopt);
    expire(certificate ? "NUA" : "NUS", "D|0|B|1");
    EXPECT_EQ(OpenCode(), 66);
  }
  opened_.reset();
  Open();
  Next();
  Reply("NUS|D|0|B|1");
  expire("NNS", "V");
  EXPECT_EQ(OpenCode(), 66);
  expire("NSC", "V");  // the adapter may have let the session in
  SendMessage("one");
  expire("NUM", "V");
  EXPECT_EQ(MessageCode(), 35);
  house_.OnShard([this] { house_.metadata().CloseTable("S1", Query().table); });
  expire("NTC", "V");
  EXPECT_FALSE(remote_->HasLine());
  EXPECT_EQ(house_.counters().timeouts.value(), 6u);
}

TEST_F(MetadataProxyTest, WithoutTimeoutACallMayTakeAnyTime) {
  metadata_.proxy.timeout = config::Milliseconds(0);
  StartReady();
  Authorize(Query());
  house_.Advance(std::chrono::hours(2));
  ResolveAll();
  EXPECT_EQ(Grant().items.size(), 2u);
}

struct Detached {
  NotifyUserOnDisconnection policy;
  int code;
};

class DetachedTest : public MetadataProxyTest, public testing::WithParamInterface<Detached> {
 protected:
  DetachedTest() {
    metadata_.notify_user_on_disconnection = GetParam().policy;
    metadata_.notify_user_disconnection_code = -9;
    metadata_.notify_user_disconnection_message = "come back";
  }
};

TEST_P(DetachedTest, NewSessionsAreToldThePolicy) {
  Start();
  Open();
  EXPECT_EQ(OpenCode(), GetParam().code);
  Authorize(Query());
  EXPECT_EQ(AuthorizeCode(), 66);
}

TEST_P(DetachedTest, CallsUnderWayEndWithTheLoss) {
  StartReady();
  Open();
  Authorize(Query());
  remote_->Hangup();
  house_.Turns(5);
  EXPECT_EQ(OpenCode(), GetParam().code);
  EXPECT_EQ(AuthorizeCode(), 66);
}

INSTANTIATE_TEST_SUITE_P(Policies, DetachedTest,
                         testing::Values(Detached{NotifyUserOnDisconnection::kFail, 66},
                                         Detached{NotifyUserOnDisconnection::kForceRetry, 6},
                                         Detached{NotifyUserOnDisconnection::kSendCode, -9}));

}  // namespace
}  // namespace penstock::adapters
