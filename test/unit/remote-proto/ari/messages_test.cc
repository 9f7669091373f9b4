// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ari/control_messages.h"
#include "ari/init.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"

namespace penstock::ari {
namespace {

constexpr Dialect k19{Version::k191};
constexpr Dialect k18{Version::k183};

Table OneTable() {
  Table table;
  table.win_index = 3;
  table.mode = Mode::kCommand;
  table.group = "a b";
  table.data_adapter = "QUOTES";
  table.schema = "key command";
  table.first_item = 1;
  table.last_item = 2;
  table.items = {"a", "b"};
  table.statistics = {{1, 2, 3}, {4, 5, 6}};
  return table;
}

TEST(NamesReply, TrailingSeparatorIsTheEmptyList) {
  Reply<std::vector<std::string>> reply;
  for (const char* args : {"", "|"}) {
    ASSERT_TRUE(ParseNamesReply(Method::kGis, args, k19, &reply).ok());
    EXPECT_TRUE(reply.ok());
    EXPECT_TRUE(reply.value.empty());
  }
}

TEST(NamesReply, RefusesNullNamesAndEmptyTokens) {
  Reply<std::vector<std::string>> reply;
  EXPECT_FALSE(ParseNamesReply(Method::kGis, "S|#", k19, &reply).ok());
  EXPECT_FALSE(ParseNamesReply(Method::kGis, "S||S|a", k19, &reply).ok());
}

TEST(NewSessionReply, TakesVoidAndTimeToLiveInEachVersion) {
  for (const Dialect& dialect : {k18, k19}) {
    Reply<NewSessionAnswer> reply;
    ASSERT_TRUE(ParseNewSessionReply("V", dialect, &reply).ok());
    EXPECT_FALSE(reply.value.ttl_seconds);
    ASSERT_TRUE(ParseNewSessionReply("I|3600", dialect, &reply).ok());
    EXPECT_EQ(reply.value.ttl_seconds, 3600);
  }
}

TEST(NewSessionReply, TimeToLiveIsWrittenFrom190) {
  std::string out;
  WriteNewSessionReply("1", {60}, k19, &out);
  WriteNewSessionReply("2", {60}, k18, &out);
  EXPECT_EQ(out, "1|NNS|I|60\r\n2|NNS|V\r\n");
}

TEST(NewTablesReply, TakesVoidAndFlagsInEachVersion) {
  for (const Dialect& dialect : {k18, k19}) {
    Reply<NewTablesAnswer> reply;
    ASSERT_TRUE(ParseNewTablesReply("V", dialect, &reply).ok());
    EXPECT_FALSE(reply.value.enable_unsubscription);
    ASSERT_TRUE(ParseNewTablesReply("B|1|B|0", dialect, &reply).ok());
    EXPECT_TRUE(reply.value.enable_unsubscription);
    EXPECT_FALSE(reply.value.wants_statistics);
  }
}

TEST(Table, LayoutFollowsVersionAndMethod) {
  const TablesCloseRequest close{"S1", {OneTable()}};
  const NewTablesRequest open{"u", "S1", {OneTable()}};
  std::string out;
  WriteNewTables("1", open, k18, &out);
  EXPECT_EQ(out, "1|NNT|S|u|S|S1|I|3|M|C|S|a+b|S|key+command|I|1|I|2|S|#\r\n");
  out.clear();
  WriteNewTables("1", open, k19, &out);
  EXPECT_EQ(out, "1|NNT|S|u|S|S1|I|3|M|C|S|a b|S|QUOTES|S|key command|I|1|I|2|S|#|I|2|S|a|S|b\r\n");
  out.clear();
  WriteTablesClose("1", close, k19, &out);
  EXPECT_EQ(out,
            "1|NTC|S|S1|I|3|M|C|S|a b|S|QUOTES|S|key command|I|1|I|2|S|#|I|2|S|a|S|b"
            "|I|2|L|1|L|2|L|3|L|4|L|5|L|6\r\n");
}

TEST(Table, ItemListCanBeLeftOutForPeersThatCannotReadIt) {
  Dialect dialect = k19;
  dialect.item_lists = false;
  std::string out;
  WriteTablesClose("1", {"S1", {OneTable()}}, dialect, &out);
  EXPECT_EQ(out, "1|NTC|S|S1|I|3|M|C|S|a b|S|QUOTES|S|key command|I|1|I|2|S|#\r\n");
  TablesCloseRequest read;
  ASSERT_TRUE(ParseTablesClose(std::string_view(out).substr(6, out.size() - 8), k19, &read).ok());
  EXPECT_EQ(read.tables.size(), 1u);
}

TEST(Table, RefusesCountsThatDoNotHold) {
  const std::string head = "S|S1|I|3|M|C|S|g|S|Q|S|s|I|1|I|2|S|#|";
  TablesCloseRequest read;
  EXPECT_TRUE(ParseTablesClose(head + "I|1|S|a|I|0", k19, &read).ok());
  EXPECT_FALSE(ParseTablesClose(head + "I|2000000000|S|a|I|0", k19, &read).ok());
  EXPECT_FALSE(ParseTablesClose(head + "I|-1|I|0", k19, &read).ok());
  EXPECT_FALSE(ParseTablesClose(head + "I|1|S|a|I|2|L|1|L|1|L|1|L|1|L|1|L|1", k19, &read).ok());
}

TEST(Table, NeedsExactlyOneMode) {
  NewTablesRequest read;
  EXPECT_FALSE(ParseNewTables("S|u|S|s|I|1|M|RM|S|g|S|s|I|1|I|1|S|#", k18, &read).ok());
  EXPECT_FALSE(ParseNewTables("S|u|S|s|I|1|M|$|S|g|S|s|I|1|I|1|S|#", k18, &read).ok());
}

TEST(UserReply, ReadsTheNumbersOfEachSdk) {
  Reply<UserProfile> reply;
  const std::pair<const char*, double> cases[] = {{"40.0", 40},     {"1.0E10", 1e10}, {"0", 0},
                                                  {"12.34", 12.34}, {"1e+21", 1e21},  {"4.5", 4.5}};
  for (const auto& [text, value] : cases) {
    ASSERT_TRUE(
        ParseNotifyUserReply(Method::kNus, std::string("D|") + text + "|B|1", k19, &reply).ok());
    EXPECT_EQ(reply.value.max_bandwidth_kbps, value);
  }
  ASSERT_TRUE(ParseNotifyUserReply(Method::kNus, "D|Infinity|B|0", k19, &reply).ok());
  EXPECT_TRUE(std::isinf(reply.value.max_bandwidth_kbps));
  EXPECT_FALSE(ParseNotifyUserReply(Method::kNus, "D|NaN|B|0", k19, &reply).ok());
  EXPECT_FALSE(ParseNotifyUserReply(Method::kNus, "D|1,5|B|0", k19, &reply).ok());
  EXPECT_FALSE(ParseNotifyUserReply(Method::kNus, "D|1.5|B|0|X|1", k19, &reply).ok());
}

TEST(ItemDataReply, NodeMaySendNullNumbers) {
  Reply<std::vector<ItemLimits>> reply;
  ASSERT_TRUE(ParseItemDataReply("I|#|D|0|M|#", k19, &reply).ok());
  ASSERT_EQ(reply.value.size(), 1u);
  EXPECT_EQ(reply.value[0].distinct_snapshot_length, 0);
  EXPECT_TRUE(reply.value[0].modes.empty());
}

TEST(ItemDataReply, RefusesIncompleteTriplesAndHugeNumbers) {
  Reply<std::vector<ItemLimits>> reply;
  EXPECT_FALSE(ParseItemDataReply("I|1|D|0", k19, &reply).ok());
  EXPECT_FALSE(ParseItemDataReply("I|3000000000|D|0|M|M", k19, &reply).ok());
  EXPECT_FALSE(ParseItemDataReply("I|1|D|0|M|Q", k19, &reply).ok());
}

TEST(Exception, SubtypeThatTheMethodCannotHaveIsGeneric) {
  Reply<Nothing> reply;
  ASSERT_TRUE(ParseVoidReply(Method::kSub, "EC|m|-1|u", k19, &reply).ok());
  ASSERT_TRUE(reply.exception);
  EXPECT_EQ(reply.exception->kind, ExceptionKind::kGeneric);
  EXPECT_EQ(reply.exception->message, "m");
}

TEST(Exception, UnknownSubtypeIsGeneric) {
  Reply<Nothing> reply;
  ASSERT_TRUE(ParseVoidReply(Method::kSub, "EZ|m", k19, &reply).ok());
  EXPECT_EQ(reply.exception->kind, ExceptionKind::kGeneric);
}

TEST(Exception, NeedsItsClientCode) {
  Reply<Nothing> reply;
  EXPECT_FALSE(ParseVoidReply(Method::kNum, "EC|m", k19, &reply).ok());
  EXPECT_FALSE(ParseVoidReply(Method::kNum, "EC|m|x|u", k19, &reply).ok());
}

TEST(Exception, ResourceUnavailableIsAccessDeniedBefore190) {
  Exception exception;
  exception.kind = ExceptionKind::kResourceUnavailable;
  exception.message = "db down";
  std::string out;
  WriteException("1", Method::kNus, exception, k19, &out);
  WriteException("2", Method::kNus, exception, k18, &out);
  EXPECT_EQ(out, "1|NUS|ER|db down\r\n2|NUS|EA|db+down\r\n");
}

TEST(Init, ReplyTellsTheVersion) {
  Reply<InitAnswer> reply;
  ASSERT_TRUE(ParseInitReply(Method::kDpi, "V", &reply).ok());
  EXPECT_EQ(reply.value.version, Version::k180);
  ASSERT_TRUE(ParseInitReply(Method::kDpi, "S|x|S|y|S|ARI.version|S|1.9.0", &reply).ok());
  EXPECT_EQ(reply.value.version, Version::k190);
  ASSERT_TRUE(ParseInitReply(Method::kDpi, "S|ARI.version|S|1.8.1", &reply).ok());
  EXPECT_FALSE(reply.value.version);
  EXPECT_EQ(reply.value.version_text, "1.8.1");
  EXPECT_FALSE(ParseInitReply(Method::kDpi, "S|x|S|y", &reply).ok());
}

TEST(Init, RequestSetsItsOwnParametersApart) {
  InitRequest request;
  ASSERT_TRUE(
      ParseInitRequest("S|remote%3Ak|S|my+value|S|keepalive_hint.millis|S|-1|S|ARI.version|S|1.9.1",
                       &request)
          .ok());
  EXPECT_EQ(request.version, "1.9.1");
  EXPECT_EQ(request.keepalive_hint_millis, -1);
  ASSERT_EQ(request.params.size(), 1u);
  EXPECT_EQ(request.params[0].name, "remote:k");
  EXPECT_EQ(request.params[0].value, "my value");
}

TEST(Rac, OrderIsFreeAndUnknownNamesAreIgnored) {
  RemoteCredentials credentials;
  ASSERT_TRUE(ParseRac("S|SDK|S|X|S|new|S|#|S|password|S|p|S|enableClosePacket|S|true|S|user|S|u",
                       &credentials)
                  .ok());
  EXPECT_EQ(credentials.user, "u");
  EXPECT_EQ(credentials.password, "p");
  EXPECT_EQ(credentials.sdk, "X");
  EXPECT_TRUE(credentials.enable_close_packet);
}

TEST(InitPackets, UseTheFormEncodingInEachVersion) {
  std::string out;
  WriteInitRequest("1", Method::kMpi, {"1.9.1", 8000, {{"a b", "c|d"}}}, k19, &out);
  EXPECT_EQ(out, "1|MPI|S|ARI.version|S|1.9.1|S|keepalive_hint.millis|S|8000|S|a+b|S|c%7Cd\r\n");
}

}  // namespace
}  // namespace penstock::ari
