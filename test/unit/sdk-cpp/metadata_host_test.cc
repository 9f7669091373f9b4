// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"
#include "unit/sdk-cpp/fake_metadata.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

class MetadataHost : public ::testing::Test {
 protected:
  MetadataHost() {
    HostOptions options = OptionsFor(proxy_);
    options.listener = &listener_;
    host_ = std::make_unique<AdapterHost>(provider_, options);
    EXPECT_TRUE(host_->Start().ok());
  }
  // Asks and returns the answer.
  static std::string Ask(ProxyConnection* c, std::string_view line) {
    c->Say(line);
    return c->Hear();
  }

  ScriptedProxy proxy_;
  FakeListener listener_;
  std::shared_ptr<FakeMetadata> provider_ = std::make_shared<FakeMetadata>();
  std::unique_ptr<AdapterHost> host_;
};

TEST_F(MetadataHost, AnswersUsers) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|NUS|S|user1|S|p%2Bw%7C1|S|host|S|h"), "2|NUS|D|40.0|B|1");
  EXPECT_EQ(Ask(&c, "3|NUA|S|user1|S|#|S|CN=alice|S|host|S|h"), "3|NUA|D|40.0|B|1");
  EXPECT_EQ(provider_->journal.Next(), "user user1 p+w|1 - 1");
  EXPECT_EQ(provider_->journal.Next(), "user user1 (null) CN=alice 1");
}

TEST_F(MetadataHost, AnswersRefusalsByKind) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|NUS|S|nobody|S|p"), "2|NUS|EA|no such user");
  EXPECT_EQ(Ask(&c, "2|NUS|S|later|S|p"), "2|NUS|ER|db down");
  EXPECT_EQ(Ask(&c, "2|NUS|S|poor|S|p"), "2|NUS|EC|quota|-5|Too many %7C seats");
  EXPECT_EQ(Ask(&c, "2|NUS|S|odd|S|p"), "2|NUS|EC|quota|0|#");
  EXPECT_EQ(Ask(&c, "2|NUS|S|throws|S|p"), "2|NUS|E|oops");
}

// A10
TEST_F(MetadataHost, AnswersSessions) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|NNS|S|u|S|S1|S|REMOTE_IP|S|10.0.0.1"), "2|NNS|I|3600");
  EXPECT_EQ(Ask(&c, "2|NNS|S|u|S|S2"), "2|NNS|EX|dup|-7|other session open|S1");
  EXPECT_EQ(Ask(&c, "2|NNS|S|u|S|S3"), "2|NNS|V");
  EXPECT_EQ(Ask(&c, "3|NSC|S|S1"), "3|NSC|V");
  EXPECT_EQ(provider_->journal.Next(), "closed S1");
}

TEST_F(MetadataHost, AnswersItemsAndSchemas) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|GIS|S|u|S|a  b |S|S1"), "2|GIS|S|a|S|b");
  EXPECT_EQ(Ask(&c, "2|GIS|S|u|S|$|S|S1"), "2|GIS");
  EXPECT_EQ(Ask(&c, "2|GSC|S|u|S|a b|S|f1 f2|S|S1"), "2|GSC|S|f1|S|f2");
  EXPECT_EQ(Ask(&c, "2|GSC|S|u|S|a b|S|bad|S|S1"), "2|GSC|ES|unknown schema");
  EXPECT_EQ(Ask(&c, "2|GIT|S|a|S|b"), "2|GIT|I|10|D|0.5|M|RM|I|10|D|0.5|M|$");
  EXPECT_EQ(Ask(&c, "2|GUI|S|u|S|a"), "2|GUI|I|30|D|2.5|M|RMDC");
  for (const char* const asked : {"item a (null)", "item b (null)", "user item u a (null)"}) {
    EXPECT_EQ(provider_->journal.Next(), asked);
  }
}

// A11
TEST_F(MetadataHost, AnswersMessagesAndTables) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|NUM|S|u|S|S1|S|hello"), "2|NUM|V");
  EXPECT_EQ(Ask(&c, "2|NUM|S|u|S|S1|S|bad"), "2|NUM|EN|inconsistent");
  EXPECT_EQ(Ask(&c, "2|NNT|S|u|S|S1|I|1|M|M|S|a b|S|QUOTES|S|last|I|1|I|2|S|#|I|2|S|a|S|b"),
            "2|NNT|B|1|B|1");
  EXPECT_EQ(Ask(&c,
                "2|NTC|S|S1|I|1|M|M|S|a b|S|QUOTES|S|last|I|1|I|2|S|#|I|2|S|a|S|b"
                "|I|2|L|1|L|2|L|3|L|4|L|5|L|6"),
            "2|NTC|V");
  EXPECT_EQ(provider_->journal.Next(), "message hello");
  EXPECT_EQ(provider_->journal.Next(), "tables 1 b QUOTES");
  EXPECT_EQ(provider_->journal.Next(), "tables closed 6");
}

// A17
TEST_F(MetadataHost, AnswersWhatItCannotDo) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  EXPECT_EQ(Ask(&c, "2|NUS|S|u"), "2|NUS|E|malformed request: argument missing");
  EXPECT_EQ(Ask(&c, "2|MDA|S|u|S|S1|P|A|S|app|S|tok"),
            "2|MDA|E|mobile push notifications are not supported");
}

TEST_F(MetadataHost, ForcesTheEndOfASession) {
  EXPECT_FALSE(host_->ForceSessionTermination("S1").get().ok());
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  ASSERT_TRUE(listener_.states.SkipTo("ready "));
  auto plain = host_->ForceSessionTermination("S9");
  EXPECT_EQ(c.Hear(), "64|FST|S|S9|V");
  auto caused = host_->ForceSessionTermination("S9", -3, "go away + now");
  EXPECT_EQ(c.Hear(), "65|FST|S|S9|I|-3|S|go away %2B now");
  c.Say("65|FST|E|internal");
  c.Say("64|FST|V");
  EXPECT_TRUE(plain.get().ok());
  EXPECT_EQ(caused.get().error().message(), "internal");
}

// A11
TEST_F(MetadataHost, ForcesTheEndOfASubscription) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  ASSERT_TRUE(listener_.states.SkipTo("ready "));
  auto done = host_->ForceUnsubscription("S1", 1);
  auto not_allowed = host_->ForceUnsubscription("S1", 2);
  EXPECT_EQ(c.Hear(), "64|FUS|S|S1|I|1");
  EXPECT_EQ(c.Hear(), "65|FUS|S|S1|I|2");
  c.Say("64|FUS|B|1");
  c.Say("65|FUS|B|0");
  EXPECT_TRUE(done.get().value());
  EXPECT_FALSE(not_allowed.get().value());
}

// A11
TEST_F(MetadataHost, AnswersToNoRequestAreIgnoredAndCounted) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  ASSERT_TRUE(listener_.states.SkipTo("ready "));
  c.Say("64|FST|V");
  c.Say("64|FUS|B|1");
  auto ended = host_->ForceSessionTermination("S1");
  auto done = host_->ForceUnsubscription("S1", 1);
  EXPECT_EQ(c.Hear(), "64|FST|S|S1|V");
  EXPECT_EQ(c.Hear(), "65|FUS|S|S1|I|1");
  for (int i = 0; i < 2; ++i) {
    c.Say("64|FST|V");
    c.Say("65|FUS|B|1");
  }
  EXPECT_TRUE(ended.get().ok());
  EXPECT_TRUE(done.get().value());
  EXPECT_EQ(Ask(&c, "2|GIS|S|u|S|a|S|S1"), "2|GIS|S|a");
  EXPECT_EQ(host_->counters().total.malformed, 4u);
}

TEST_F(MetadataHost, LossAnswersWhatWasForced) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  ASSERT_TRUE(listener_.states.SkipTo("ready "));
  auto future = host_->ForceUnsubscription("S1", 1);
  c.Drop();
  EXPECT_FALSE(future.get().ok());
}

// A4
TEST_F(MetadataHost, SpeaksEachOldDialect) {
  {
    ProxyConnection c = proxy_.Accept();
    c.Hear();
    EXPECT_EQ(Ask(&c, "1a|MPI|S|adapters_conf.id|S|DEMO"), "1a|MPI|V");
    EXPECT_EQ(Ask(&c, "2|GIS|S|u|S|a+b|S|S1"), "2|GIS|S|a|S|b");
    EXPECT_EQ(Ask(&c, "2|NNS|S|u|S|S1"), "2|NNS|V");
    EXPECT_EQ(Ask(&c, "2|NUS|S|later|S|p"), "2|NUS|EA|db+down");
    ASSERT_TRUE(listener_.states.SkipTo("ready "));
    EXPECT_FALSE(host_->ForceSessionTermination("S1").get().ok());
    EXPECT_FALSE(host_->Fail("no such packet").ok());
  }
  ProxyConnection c = proxy_.Accept();
  c.Hear();
  EXPECT_EQ(Ask(&c, "1a|MPI|S|ARI.version|S|1.8.1"),
            "1a|MPI|EM|Unsupported+reserved+protocol+version+number%3A+1.8.1");
}

// A14
TEST_F(MetadataHost, FailUsesItsReservedId) {
  ProxyConnection c = proxy_.Accept();
  OpenMetadata(&c);
  ASSERT_TRUE(listener_.states.SkipTo("ready "));
  EXPECT_TRUE(host_->Fail("db lost").ok());
  EXPECT_EQ(c.Hear(), "2|FAL|E|db lost");
}

// Two servers with sessions of the same provider.
class MetadataHosts : public ::testing::Test {
 protected:
  MetadataHosts() {
    HostOptions options = OptionsFor(proxy_a_);
    options.servers.push_back(proxy_b_.server());
    host_ = std::make_unique<AdapterHost>(provider_, options);
    EXPECT_TRUE(host_->Start().ok());
    a_ = std::make_unique<ProxyConnection>(proxy_a_.Accept());
    b_ = std::make_unique<ProxyConnection>(proxy_b_.Accept());
    OpenMetadata(a_.get());
    OpenMetadata(b_.get());
    b_->Say("2|NNS|S|u|S|SB");
    EXPECT_EQ(b_->Hear(), "2|NNS|I|3600");
    a_->Say("2|NNS|S|u|S|SA");
    EXPECT_EQ(a_->Hear(), "2|NNS|I|3600");
  }

  ScriptedProxy proxy_a_;
  ScriptedProxy proxy_b_;
  std::shared_ptr<FakeMetadata> provider_ = std::make_shared<FakeMetadata>();
  std::unique_ptr<AdapterHost> host_;
  std::unique_ptr<ProxyConnection> a_;
  std::unique_ptr<ProxyConnection> b_;
};

TEST_F(MetadataHosts, AskTheServerThatHasTheSession) {
  auto ended = host_->ForceSessionTermination("SB");
  EXPECT_EQ(b_->Hear(), "64|FST|S|SB|V");
  b_->Say("64|FST|V");
  EXPECT_TRUE(ended.get().ok());
  auto done = host_->ForceUnsubscription("SA", 1);
  EXPECT_EQ(a_->Hear(), "64|FUS|S|SA|I|1");
  a_->Say("64|FUS|B|1");
  EXPECT_TRUE(done.get().value());
}

TEST_F(MetadataHosts, AskAllAboutAnUnknownSessionAndTellTheWorstAnswer) {
  a_->Say("3|NSC|S|SA");
  EXPECT_EQ(a_->Hear(), "3|NSC|V");
  auto done = host_->ForceUnsubscription("SA", 1);
  EXPECT_EQ(a_->Hear(), "64|FUS|S|SA|I|1");
  EXPECT_EQ(b_->Hear(), "64|FUS|S|SA|I|1");
  a_->Say("64|FUS|B|1");
  b_->Say("64|FUS|B|0");
  EXPECT_FALSE(done.get().value());
  auto ended = host_->ForceSessionTermination("SA");
  EXPECT_EQ(a_->Hear(), "65|FST|S|SA|V");
  EXPECT_EQ(b_->Hear(), "65|FST|S|SA|V");
  a_->Say("65|FST|E|internal");
  b_->Say("65|FST|V");
  EXPECT_EQ(ended.get().error().message(), "internal");
}

TEST_F(MetadataHosts, ForgetTheSessionsOfAServerThatIsAnotherNow) {
  b_->Drop();
  ProxyConnection again = proxy_b_.Accept();
  again.Hear();
  again.Say("1a|MPI|S|ARI.version|S|1.9.1|S|server.instance_id|S|other");
  again.Hear();
  while (host_->counters().total.connections < 3) std::this_thread::yield();
  auto of_a = host_->ForceSessionTermination("SA");
  EXPECT_EQ(a_->Hear(), "64|FST|S|SA|V");
  a_->Say("64|FST|V");
  EXPECT_TRUE(of_a.get().ok());
  // That server is another process now, whose sessions are none that the host knows.
  auto of_b = host_->ForceSessionTermination("SB");
  EXPECT_EQ(a_->Hear(), "65|FST|S|SB|V");
  EXPECT_EQ(again.Hear(), "64|FST|S|SB|V");
}

TEST(LiteralBased, ReadsItsParameters) {
  LiteralBasedProvider p;
  ASSERT_TRUE(p.Init({{"max_bandwidth", "40.5"},
                      {"max_frequency", "2"},
                      {"buffer_size", "30"},
                      {"allowed_users", "ann, bob"}})
                  .ok());
  EXPECT_EQ(p.NotifyUser({.user = "bob"})->max_bandwidth_kbps, 40.5);
  EXPECT_EQ(p.NotifyUser({.user = "eve"}).error().kind(), Error::Kind::kAccess);
  EXPECT_FALSE(p.NotifyUser(UserRequest{}).ok());
  EXPECT_EQ(p.UserItemData({"bob", "i"})->max_frequency, 2);
  EXPECT_EQ(p.UserItemData({"bob", "i"})->buffer_size, 30);
  EXPECT_EQ(p.ItemData({"i"})->distinct_snapshot_length, 10);
  EXPECT_EQ(p.ItemData({"i"})->modes, ModeSet::All());
}

TEST(LiteralBased, ForgetsTheParametersOfAnEarlierInit) {
  LiteralBasedProvider p;
  ASSERT_TRUE(p.Init({{"buffer_size", "30"}, {"max_frequency", "2.5"}}).ok());
  ASSERT_TRUE(p.Init({}).ok());
  EXPECT_EQ(p.UserItemData({"u", "i"})->buffer_size, 0);
  EXPECT_EQ(p.UserItemData({"u", "i"})->max_frequency, 0);
}

TEST(LiteralBased, LetsEverybodyInByDefault) {
  LiteralBasedProvider p;
  ASSERT_TRUE(p.Init({}).ok());
  EXPECT_TRUE(p.NotifyUser(UserRequest{}).ok());
}

TEST(LiteralBased, RefusesParametersThatItCannotRead) {
  for (const Params& params : {Params{{"max_bandwidth", "-1"}}, Params{{"max_frequency", "nan"}},
                               Params{{"buffer_size", "1.5"}}, Params{{"item_family_x", "a"}},
                               Params{{"item_family_1", "("}},
                               Params{{"item_family_1", "a"}, {"modes_for_item_family_1", "X"}}}) {
    EXPECT_FALSE(LiteralBasedProvider().Init(params).ok()) << params.begin()->first;
  }
}

TEST(LiteralBased, FirstFamilyThatMatchesGivesTheModes) {
  LiteralBasedProvider p;
  ASSERT_TRUE(p.Init({{"item_family_10", "item.*"},
                      {"modes_for_item_family_10", "COMMAND"},
                      {"item_family_2", "item[0-9]+|other"},
                      {"modes_for_item_family_2", "MERGE, RAW"}})
                  .ok());
  EXPECT_EQ(p.ItemData({"item7"})->modes, Mode::kMerge | Mode::kRaw);
  EXPECT_EQ(p.ItemData({"itemX"})->modes, ModeSet(Mode::kCommand));
  EXPECT_EQ(p.ItemData({"an other"})->modes, ModeSet());
  EXPECT_EQ(p.Items({"u", "S", "item1 itemX"})->size(), 2u);
  EXPECT_EQ(p.Items({"u", "S", "item1 none"}).error().kind(), Error::Kind::kItems);
  EXPECT_EQ(p.ItemData({"item" + std::string(5000, '1')})->modes, ModeSet());
}

}  // namespace
}  // namespace penstock::adapter
