// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using std::chrono::seconds;
using test::BodyOf;
using test::IdOf;
using test::ScriptedRemote;
using test::TestHouse;

constexpr char kWrongCredentials[] = "0|CLOSE|S|reason|S|wrong+credentials";

class HandshakeTest : public testing::Test {
 protected:
  HandshakeTest() : data_(house_.AddData()) {}

  void Start() { ASSERT_TRUE(house_.Start().ok()); }
  std::unique_ptr<ScriptedRemote> Connect() { return house_.Connect(house_.Proxy().port); }
  void RequireCredentials() {
    data_.proxy.auth = true;
    data_.proxy.credentials = {{"me", "pa ss"}};
  }

  TestHouse house_;
  config::DataAdapter& data_;
};

TEST_F(HandshakeTest, SendsInitAtOnceWhenNoCredentialsAreWanted) {
  data_.proxy.keepalive_timeout = seconds(8);
  data_.proxy.remote_params = {{"remote:feed", "a b"}};
  Start();
  auto remote = Connect();
  const std::string init = remote->Next();
  EXPECT_EQ(BodyOf(init),
            "DPI|S|ARI.version|S|1.9.1|S|keepalive_hint.millis|S|6000|S|adapters_conf.id|S|SET|S|"
            "data_provider.name|S|DATA|S|server.instance_id|S|srv1|S|proxy.instance_id|S|srv1.SET."
            "DATA|S|remote%3Afeed|S|a%20b");
  EXPECT_EQ(IdOf(init).size(), 17u);
  EXPECT_EQ(IdOf(init).front(), '1');
}

struct Version {
  const char* reply;  // behind "<id>|DPI|"
  const char* spoken;
};

class AcceptedVersionTest : public HandshakeTest, public testing::WithParamInterface<Version> {};

// A4
TEST_P(AcceptedVersionTest, BecomesReady) {
  Start();
  auto remote = Connect();
  remote->Send(IdOf(remote->Next()) + "|DPI|" + GetParam().reply);
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(house_.Proxy().version, GetParam().spoken);
}

INSTANTIATE_TEST_SUITE_P(Versions, AcceptedVersionTest,
                         testing::Values(Version{"V", "1.8.0"},
                                         Version{"S|ARI.version|S|1.8.2", "1.8.2"},
                                         Version{"S|ARI.version|S|1.8.3", "1.8.3"},
                                         Version{"S|ARI.version|S|1.9.0", "1.9.0"},
                                         Version{"S|x|S|y|S|ARI.version|S|1.9.1", "1.9.1"}));

class RefusedInitTest : public HandshakeTest, public testing::WithParamInterface<const char*> {};

// A4
TEST_P(RefusedInitTest, IsToldWhyAndClosed) {
  Start();
  auto remote = Connect();
  remote->Send(IdOf(remote->Next()) + "|" + GetParam());
  EXPECT_EQ(remote->Next().substr(0, 8), "0|CLOSE|");
  EXPECT_TRUE(remote->Closed());
  EXPECT_FALSE(house_.Proxy().ready);
}

INSTANTIATE_TEST_SUITE_P(Replies, RefusedInitTest,
                         testing::Values("DPI|S|ARI.version|S|1.8.1", "DPI|S|ARI.version|S|1.9.2",
                                         "DPI|S|ARI.version|S|2.0.0", "DPI|ED|no+feed", "DPI|E|#",
                                         "DPI|S|other|S|1.9.1", "MPI|S|ARI.version|S|1.9.1",
                                         "DPI|I|1"));

TEST_F(HandshakeTest, AnotherAttemptIsWelcomeAfterTheRecoveryTime) {
  Start();
  auto first = Connect();
  first->Send(IdOf(first->Next()) + "|DPI|ED|no+feed");
  EXPECT_EQ(first->Next().substr(0, 8), "0|CLOSE|");
  auto early = Connect();
  EXPECT_EQ(early->Next(), "0|CLOSE|S|reason|S|the+last+attempt+failed%2C+try+again+later");
  EXPECT_TRUE(early->Closed());
  house_.Advance(seconds(10));
  EXPECT_TRUE(house_.ConnectReady() != nullptr);
  EXPECT_TRUE(house_.Proxy().ready);
}

TEST_F(HandshakeTest, NoOtherAttemptWhereTheOperatorWantsNone) {
  data_.proxy.connection_recovery_timeout = config::Milliseconds(-1);
  data_.proxy.first_connection_timeout = config::Milliseconds(-1);
  Start();
  auto first = Connect();
  first->Send(IdOf(first->Next()) + "|DPI|ED|no+feed");
  EXPECT_EQ(first->Next().substr(0, 8), "0|CLOSE|");
  house_.Advance(std::chrono::hours(1));
  EXPECT_EQ(BodyOf(Connect()->Next()).substr(0, 5), "CLOSE");
  EXPECT_TRUE(house_.hub().WaitFirstConnections(TimePoint::min()));
}

TEST_F(HandshakeTest, AConnectionWithoutAWordIsNoAttempt) {
  Start();
  Connect()->Hangup();
  house_.Turns(5);
  house_.ConnectReady();
  EXPECT_TRUE(house_.Proxy().ready);
}

// A3, A5
TEST_F(HandshakeTest, ToleratesWhatSdksSend) {
  Start();
  auto remote = Connect();
  remote->SendRaw("\xEF\xBB\xBFKEEPALIVE\n\r\n\n1|RAC|S|enableClosePacket|S|true|S|SDK|S|Node\n");
  const std::string id = IdOf(remote->Next());
  remote->SendRaw("KEEPALIVE\r\n" + id + "|DPI|S|ARI.ver");
  house_.Turns(3);
  remote->SendRaw("sion|S|1.9.1\nKEEPALIVE\n");
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(house_.Proxy().sdk, "Node");
}

// --- Credentials (A6)

// A6
TEST_F(HandshakeTest, RightCredentialsGetInit) {
  RequireCredentials();
  Start();
  auto remote = Connect();
  EXPECT_FALSE(remote->HasLine());
  remote->Send("1|RAC|S|password|S|pa+ss|S|user|S|me");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 3), "DPI");
}

class WrongCredentialsTest : public HandshakeTest,
                             public testing::WithParamInterface<const char*> {};

// A6
TEST_P(WrongCredentialsTest, GetCloseAndNoInit) {
  RequireCredentials();
  Start();
  auto remote = Connect();
  remote->Send(GetParam());
  EXPECT_EQ(remote->Next(), kWrongCredentials);
  EXPECT_TRUE(remote->Closed());
  EXPECT_EQ(house_.counters().connections_refused.value(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Packets, WrongCredentialsTest,
                         testing::Values("1|RAC|S|user|S|me|S|password|S|other",
                                         "1|RAC|S|user|S|me", "1|RAC|S|password|S|pa+ss",
                                         "1|RAC|S|user|S|#|S|password|S|#", "1|RAC|S|user",
                                         "1|RAC|S|enableClosePacket|S|true",
                                         "7|DPI|S|ARI.version|S|1.9.1", "2|FAL|E|#"));

// A6
TEST_F(HandshakeTest, LateCredentialsAreRefused) {
  RequireCredentials();
  Start();
  auto remote = Connect();
  remote->Send("7|UD3|S|a|S|b|B|0");
  remote->Send("1|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_EQ(remote->Next(), kWrongCredentials);
  EXPECT_FALSE(remote->HasLine());
}

TEST_F(HandshakeTest, ASecondRacEndsTheConnection) {
  Start();
  auto remote = Connect();
  remote->Send("1|RAC|S|SDK|S|a");
  remote->Send("1|RAC|S|SDK|S|b");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 3), "DPI");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 5), "CLOSE");
}

TEST_F(HandshakeTest, WhoHasNotShownCredentialsBlocksNobodyAndIsDropped) {
  RequireCredentials();
  Start();
  auto silent = Connect();
  auto remote = Connect();
  remote->Send("1|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_TRUE(remote->AnswerInit());
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_FALSE(silent->HasLine());
  house_.Advance(seconds(10));
  EXPECT_EQ(silent->Next(), "0|CLOSE|S|reason|S|no+credentials+in+time");
  EXPECT_TRUE(silent->Closed());
}

// What is kept of a line until it is whole would be the strangers' to choose.
TEST_F(HandshakeTest, LongLinesAreForThoseWhoHaveShownCredentials) {
  RequireCredentials();
  Start();
  auto stranger = Connect();
  auto remote = Connect();
  remote->Send("1|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_TRUE(remote->AnswerInit());
  const std::string piece(16 * 1024, 'x');  // a quarter of AriCandidates::kMaxLine
  for (int i = 0; i < 5; ++i) {
    stranger->SendRaw(piece);
    remote->SendRaw(piece);
    house_.Turns(4);
  }
  EXPECT_TRUE(stranger->Closed());
  EXPECT_EQ(house_.counters().connections_refused.value(), 1u);
  EXPECT_TRUE(house_.Proxy().ready);
}

// --- Who may connect

TEST_F(HandshakeTest, ASilentPeerIsDropped) {
  Start();
  auto silent = Connect();
  EXPECT_EQ(BodyOf(silent->Next()).substr(0, 3), "DPI");
  house_.Advance(seconds(10));
  EXPECT_EQ(BodyOf(silent->Next()).substr(0, 5), "CLOSE");
  house_.ConnectReady();
  EXPECT_TRUE(house_.Proxy().ready);
}

TEST_F(HandshakeTest, AnAdapterMayTakeItsTimeToInitialise) {
  Start();
  auto remote = Connect();
  remote->Send("1|RAC|S|SDK|S|slow");
  const std::string init = remote->Next();
  house_.Advance(seconds(50));
  remote->Send(IdOf(init) + "|DPI|V");
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
}

TEST_F(HandshakeTest, AnInitialisationThatHangsHoldsItsPlaceForAMinuteWithoutTimeoutToo) {
  data_.proxy.timeout = config::Milliseconds(0);
  Start();
  auto remote = Connect();
  remote->Send("1|RAC|S|SDK|S|hangs");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 3), "DPI");
  house_.Advance(seconds(59));
  EXPECT_FALSE(remote->HasLine());
  house_.Advance(seconds(1));
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 5), "CLOSE");
  EXPECT_TRUE(remote->Closed());
}

TEST_F(HandshakeTest, ASurplusConnectionIsToldAndClosed) {
  data_.proxy.max_standbys = 0;
  Start();
  auto remote = house_.ConnectReady();
  auto surplus = Connect();
  EXPECT_EQ(surplus->Next(), "0|CLOSE|S|reason|S|another+remote+adapter+is+connected");
  EXPECT_TRUE(surplus->Closed());
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_FALSE(remote->HasLine());
}

TEST_F(HandshakeTest, AddressesThatAreNotOnTheListAreTurnedDownWithoutAWord) {
  data_.proxy.address_allow_list = {"10.1.2.3"};
  Start();
  EXPECT_TRUE(Connect()->Closed());
  EXPECT_EQ(house_.counters().connections_refused.value(), 1u);
}

TEST_F(HandshakeTest, AddressesOnTheListComeIn) {
  data_.proxy.address_allow_list = {"10.1.2.3", "127.0.0.1"};
  Start();
  house_.ConnectReady();
  EXPECT_TRUE(house_.Proxy().ready);
}

// --- Losses

TEST_F(HandshakeTest, AfterALossTheNextOneComesInAtOnce) {
  Start();
  house_.ConnectReady()->Hangup();
  house_.Turns(5);
  EXPECT_FALSE(house_.Proxy().ready);
  house_.ConnectReady();
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(house_.counters().connections_lost.value(), 1u);
  EXPECT_TRUE(house_.fatal().empty());
}

// A5, A15
TEST_F(HandshakeTest, SilenceBeyondTheKeepaliveTimeoutEndsTheConnection) {
  data_.proxy.keepalive_timeout = seconds(20);
  Start();
  auto remote = house_.ConnectReady();
  for (int i = 0; i < 3; ++i) {
    house_.Advance(seconds(15));
    remote->Send("KEEPALIVE");
    house_.Turns(3);
  }
  EXPECT_TRUE(house_.Proxy().ready);
  house_.Advance(seconds(20));
  EXPECT_EQ(remote->Next(), "0|CLOSE|S|reason|S|keepalive+timeout");
  EXPECT_FALSE(house_.Proxy().ready);
}

// A14
TEST_F(HandshakeTest, AFailureEndsTheConnection) {
  Start();
  auto remote = house_.ConnectReady();
  remote->Send("1700000000000|FAL|E|feed lost");
  EXPECT_EQ(BodyOf(remote->Next()).substr(0, 5), "CLOSE");
  EXPECT_FALSE(house_.Proxy().ready);
}

// A17
TEST_F(HandshakeTest, ALineWithoutEndEndsTheConnection) {
  house_.settings.limits.adapter_line_bytes = 1000;
  Start();
  auto remote = house_.ConnectReady();
  remote->SendRaw(std::string(2000, 'x'));
  house_.Turns(5);
  EXPECT_FALSE(house_.Proxy().ready);
}

// A14
TEST_F(HandshakeTest, TheLossOfAPlainProxyIsFatalOnce) {
  data_.proxy.robust = false;
  Start();
  auto remote = house_.ConnectReady();
  remote->Hangup();
  house_.Turns(5);
  ASSERT_EQ(house_.fatal().size(), 1u);
  EXPECT_NE(house_.fatal()[0].find("SET.DATA"), std::string::npos);
  EXPECT_EQ(BodyOf(Connect()->Next()).substr(0, 5), "CLOSE");
}

TEST_F(HandshakeTest, AFailedInitialisationOfAPlainProxyIsFatal) {
  data_.proxy.robust = false;
  Start();
  auto remote = Connect();
  const std::string init = remote->Next();
  EXPECT_EQ(init.find("proxy.instance_id"), std::string::npos);
  remote->Send(IdOf(init) + "|DPI|ED|no+feed");
  house_.Turns(5);
  EXPECT_EQ(house_.fatal().size(), 1u);
}

// --- Two connections

class TwoConnectionsTest : public HandshakeTest {
 protected:
  TwoConnectionsTest() { data_.notify_port = 0; }
  std::unique_ptr<ScriptedRemote> ConnectNotify() {
    return house_.Connect(house_.Proxy().notify_port);
  }
};

TEST_F(TwoConnectionsTest, InitWaitsForBothAndGoesToTheRequestConnection) {
  Start();
  auto requests = Connect();
  EXPECT_FALSE(requests->HasLine());
  auto notify = ConnectNotify();
  notify->Send("1626700000000|RAC|S|enableClosePacket|S|true");
  EXPECT_TRUE(requests->AnswerInit("1.8.3"));
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_FALSE(notify->HasLine());
}

// A6
TEST_F(TwoConnectionsTest, BothShowCredentials) {
  RequireCredentials();
  Start();
  auto requests = Connect();
  auto notify = ConnectNotify();
  requests->Send("1|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_FALSE(requests->HasLine());
  notify->Send("1626700000000|RAC|S|user|S|me|S|password|S|pa+ss");
  EXPECT_TRUE(requests->AnswerInit("1.8.3"));
}

TEST_F(TwoConnectionsTest, TheLossOfOneIsTheLossOfBoth) {
  Start();
  auto requests = Connect();
  auto notify = ConnectNotify();
  requests->AnswerInit("1.8.3");
  house_.Turns(5);
  ASSERT_TRUE(house_.Proxy().ready);
  notify->Hangup();
  EXPECT_TRUE(requests->Closed());
  EXPECT_FALSE(house_.Proxy().ready);
}

TEST_F(TwoConnectionsTest, TheSecondOneMustComeInTime) {
  Start();
  auto requests = Connect();
  requests->Send("1|RAC|S|enableClosePacket|S|true");
  house_.Advance(seconds(10));
  EXPECT_EQ(BodyOf(requests->Next()).substr(0, 5), "CLOSE");
  EXPECT_TRUE(requests->Closed());
}

}  // namespace
}  // namespace penstock::adapters
