// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "read_requests.h"

namespace penstock::tlcp {
namespace {

CreateSession Create(std::string_view line, const Arrival& arrival = kSocket) {
  return ReadAs<CreateSession>(RequestName::kCreateSession, line, arrival);
}

std::string CreateRefusal(std::string_view line, const Arrival& arrival = kSocket) {
  return RefusalOf(RequestName::kCreateSession, line, arrival);
}

BindSession Bind(std::string_view line, const Arrival& arrival = kSocket) {
  return ReadAs<BindSession>(RequestName::kBindSession, line, arrival);
}

std::string BindRefusal(std::string_view line, const Arrival& arrival = kSocket) {
  return RefusalOf(RequestName::kBindSession, line, arrival);
}

TEST(CreateSessionRequest, ReadsWhatOfficialClientsSend) {
  const CreateSession create = Create(
      "LS_keepalive_millis=4000&LS_inactivity_millis=7000&LS_requested_max_bandwidth=12.5&"
      "LS_adapter_set=DEMO&LS_user=joe%20x&LS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg&"
      "LS_old_session=S0&LS_send_sync=false&LS_cause=api&LS_password=p%3D");
  EXPECT_EQ(create.version, kNewestVersion);
  EXPECT_EQ(create.client_id, "mgQkwtwdysogQz2BJ4Ji kOj2Bg");
  EXPECT_EQ(create.adapter_set, "DEMO");
  EXPECT_EQ(create.user, "joe x");
  EXPECT_EQ(create.password, "p=");
  EXPECT_EQ(create.max_bandwidth, Bandwidth{12.5});
  EXPECT_EQ(create.old_session, "S0");
  EXPECT_EQ(create.cause, "api");
  EXPECT_FALSE(create.link.polling);
  EXPECT_EQ(create.link.keepalive, Millis(4000));
  EXPECT_EQ(create.link.inactivity, Millis(7000));
  EXPECT_FALSE(create.link.send_sync);
  EXPECT_TRUE(create.controls.empty());
}

TEST(CreateSessionRequest, HasTheDefaultsOfTheProtocol) {
  const CreateSession create = Create("LS_cid=x");
  EXPECT_EQ(create.adapter_set, "DEFAULT");
  EXPECT_EQ(create.user, std::nullopt);
  EXPECT_EQ(create.password, std::nullopt);
  EXPECT_EQ(create.max_bandwidth, std::nullopt);
  EXPECT_TRUE(create.allows_json_patch);
  EXPECT_TRUE(create.allows_tlcp_diff);
  EXPECT_EQ(create.ttl.kind, CreateSession::Ttl::Kind::kUnknown);
  EXPECT_EQ(create.old_session, std::nullopt);
  EXPECT_EQ(create.link.content_length, std::nullopt);
  EXPECT_EQ(create.link.keepalive, std::nullopt);
  EXPECT_EQ(create.link.inactivity, std::nullopt);
  EXPECT_TRUE(create.link.send_sync);
  EXPECT_FALSE(create.link.reduce_head);
}

TEST(CreateSessionRequest, EmptyUserIsNotTheNullUser) {
  EXPECT_EQ(Create("LS_cid=x&LS_user=&LS_old_session=").user, "");
  EXPECT_EQ(Create("LS_cid=x&LS_user=&LS_old_session=").old_session, std::nullopt);
}

TEST(CreateSessionRequest, ReadsPolling) {
  const CreateSession create = Create(
      "LS_polling=true&LS_polling_millis=0&LS_idle_millis=19000&LS_cid=x&LS_keepalive_millis=bad",
      kHttp);
  ASSERT_TRUE(create.link.polling);
  EXPECT_EQ(create.link.polling->interval, Millis(0));
  EXPECT_EQ(create.link.polling->idle, Millis(19000));
  EXPECT_EQ(create.link.keepalive, std::nullopt);
  EXPECT_EQ(CreateRefusal("LS_cid=x&LS_polling=true"),
            "CONERR 65 Missing parameter LS_polling_millis");
}

TEST(CreateSessionRequest, ReadsSupportedDiffs) {
  const CreateSession none = Create("LS_cid=x&LS_supported_diffs=");
  EXPECT_FALSE(none.allows_json_patch || none.allows_tlcp_diff);
  const CreateSession diff = Create("LS_cid=x&LS_supported_diffs=T");
  EXPECT_TRUE(!diff.allows_json_patch && diff.allows_tlcp_diff);
  const CreateSession both = Create("LS_cid=x&LS_supported_diffs=Z,P,T");
  EXPECT_TRUE(both.allows_json_patch && both.allows_tlcp_diff);
}

TEST(CreateSessionRequest, ReadsTimeToLive) {
  using Kind = CreateSession::Ttl::Kind;
  EXPECT_EQ(Create("LS_cid=x&LS_ttl_millis=unlimited").ttl.kind, Kind::kUnlimited);
  EXPECT_EQ(Create("LS_cid=x&LS_ttl_millis=unknown").ttl.kind, Kind::kUnknown);
  EXPECT_EQ(Create("LS_cid=x&LS_ttl=unlimited").ttl.kind, Kind::kUnlimited);
  const CreateSession timed = Create("LS_cid=x&LS_ttl_millis=60000");
  EXPECT_EQ(timed.ttl.kind, Kind::kMillis);
  EXPECT_EQ(timed.ttl.millis, Millis(60000));
  EXPECT_EQ(CreateRefusal("LS_cid=x&LS_ttl_millis=soon"),
            "CONERR 65 Invalid value of parameter LS_ttl_millis");
}

TEST(CreateSessionRequest, ReadsBandwidthAndContentLength) {
  EXPECT_EQ(Create("LS_cid=x&LS_requested_max_bandwidth=unlimited").max_bandwidth, Bandwidth{});
  EXPECT_EQ(Create("LS_cid=x&LS_content_length=50000000").link.content_length, 50000000);
  EXPECT_TRUE(Create("LS_cid=x&LS_reduce_head=true").link.reduce_head);
}

TEST(CreateSessionRequest, ShortensEndlessDurations) {
  EXPECT_EQ(Create("LS_cid=x&LS_inactivity_millis=9000000000000000000").link.inactivity,
            Millis(INT32_MAX));
}

TEST(CreateSessionRequest, NamesTheParameterThatIsWrong) {
  EXPECT_EQ(CreateRefusal("LS_user=joe"), "CONERR 65 Missing parameter LS_cid");
  for (const char* bad :
       {"LS_polling=yes", "LS_keepalive_millis=-1", "LS_keepalive_millis=1.5",
        "LS_keepalive_millis=99999999999999999999", "LS_content_length=x",
        "LS_requested_max_bandwidth=0", "LS_requested_max_bandwidth=-4",
        "LS_requested_max_bandwidth=nan", "LS_requested_max_bandwidth=inf",
        "LS_requested_max_bandwidth=", "LS_send_sync=TRUE", "LS_user=%FF", "LS_reduce_head=1"}) {
    const std::string name(std::string_view(bad).substr(0, std::string_view(bad).find('=')));
    EXPECT_EQ(CreateRefusal(std::string("LS_cid=x&") + bad),
              "CONERR 65 Invalid value of parameter " + name);
  }
}

TEST(CreateSessionRequest, RefusesABrokenEscape) {
  EXPECT_EQ(CreateRefusal("LS_cid=%"), "CONERR 67 Malformed request");
}

TEST(CreateSessionRequest, TakesControlsOfTheSameLine) {
  const CreateSession create =
      Create("LS_cid=x&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=item1&LS_schema=last_price");
  ASSERT_EQ(create.controls.size(), 1u);
  const Control& control = std::get<Control>(create.controls[0]);
  EXPECT_EQ(std::get<Add>(control.op).group, "item1");
  EXPECT_EQ(control.request_id, "");
}

TEST(CreateSessionRequest, TakesControlsOfTheFollowingLines) {
  const CreateSession create = Create(
      "LS_user=&LS_adapter_set=DEMO&LS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg\r\n"
      "LS_op=add&LS_subId=1&LS_group=item1&LS_schema=last_price&LS_data_adapter=QUOTE_ADAPTER&"
      "LS_mode=MERGE\r\n"
      "LS_message=hello&LS_outcome=false\r\n",
      kHttp);
  EXPECT_EQ(create.adapter_set, "DEMO");
  ASSERT_EQ(create.controls.size(), 2u);
  EXPECT_EQ(std::get<Add>(std::get<Control>(create.controls[0]).op).data_adapter, "QUOTE_ADAPTER");
  EXPECT_EQ(std::get<Message>(create.controls[1]).text, "hello");
}

TEST(CreateSessionRequest, FailsAsAWholeIfAControlIsWrong) {
  EXPECT_EQ(CreateRefusal("LS_cid=x\r\nLS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=i"),
            "CONERR 64 Unexpected error while initializing the session: Missing parameter "
            "LS_schema");
  EXPECT_EQ(CreateRefusal("LS_cid=x&LS_op=dance"),
            "CONERR 64 Unexpected error while initializing the session: Invalid value of parameter "
            "LS_op");
  EXPECT_EQ(CreateRefusal("LS_cid=x\r\nLS_op=%"),
            "CONERR 64 Unexpected error while initializing the session: Malformed request");
}

TEST(BindSessionRequest, ReadsWhatOfficialClientsSend) {
  const BindSession stream = Bind(
      "LS_session=sid&LS_content_length=50000000&LS_keepalive_millis=5000&LS_send_sync=false&"
      "LS_cause=http.loop",
      kHttp);
  EXPECT_EQ(stream.session_id, "sid");
  EXPECT_EQ(stream.link.content_length, 50000000);
  EXPECT_EQ(stream.link.keepalive, Millis(5000));
  EXPECT_EQ(stream.cause, "http.loop");
  EXPECT_EQ(stream.recovery_from, std::nullopt);
  EXPECT_EQ(stream.version, kNewestVersion);

  const BindSession recovery = Bind(
      "LS_session=sid&LS_recovery_from=15&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0&"
      "LS_cause=ws.error",
      kHttp);
  EXPECT_EQ(recovery.recovery_from, 15u);
  ASSERT_TRUE(recovery.link.polling);
}

TEST(BindSessionRequest, SessionIsImpliedOnlyOnASocket) {
  EXPECT_EQ(Bind("LS_polling=true&LS_polling_millis=0&LS_idle_millis=19000").session_id,
            std::nullopt);
  EXPECT_EQ(Bind("").session_id, std::nullopt);
  EXPECT_EQ(Bind("", kHttpWithSession).session_id, "Sq");
  EXPECT_EQ(BindRefusal("LS_cause=x", kHttp), "CONERR 65 Missing parameter LS_session");
}

TEST(BindSessionRequest, RefusesBadRecoveryAndStrayLines) {
  EXPECT_EQ(BindRefusal("LS_recovery_from=-1"),
            "CONERR 65 Invalid value of parameter LS_recovery_from");
  EXPECT_EQ(BindRefusal("LS_session=a\r\nLS_op=destroy"), "CONERR 67 Malformed request");
}

TEST(SessionRequests, HttpNamesTheVersion) {
  const auto with = [](std::string_view query) { return Arrival{false, query, std::nullopt}; };
  EXPECT_EQ(Create("LS_cid=x", with("LS_protocol=TLCP-2.1.0")).version, (Version{2, 1, 0}));
  EXPECT_EQ(Create("LS_cid=x&LS_protocol=TLCP-2.0.0", with("")).version, (Version{2, 0, 0}));
  EXPECT_EQ(CreateRefusal("LS_cid=x", with("LS_protocol=TLCP-2.6.0")),
            "CONERR 65 Unsupported protocol version: 2.6.0");
  EXPECT_EQ(CreateRefusal("LS_cid=x", with("LS_protocol=OTHER")),
            "CONERR 65 Unsupported protocol version: OTHER");
  EXPECT_EQ(CreateRefusal("LS_cid=x", with("")), "CONERR 65 Missing parameter LS_protocol");
  EXPECT_EQ(BindRefusal("LS_session=x", with("LS_protocol=TLCP-3.0.0")),
            "CONERR 65 Unsupported protocol version: 3.0.0");
}

TEST(SessionRequests, SocketHasTheVersionOfItsHandshake) {
  EXPECT_EQ(Create("LS_cid=x", {true, "", Version{2, 1, 0}}).version, (Version{2, 1, 0}));
  EXPECT_EQ(CreateRefusal("LS_cid=x", {true, "", Version{9, 0, 0}}),
            "CONERR 65 Unsupported protocol version: 9.0.0");
}

}  // namespace
}  // namespace penstock::tlcp
