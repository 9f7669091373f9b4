// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A transcript that says what does not happen fails, and says where.

#include <gtest/gtest.h>

#include <string>

#include "runner/stage.h"
#include "runner/words.h"

namespace penstock::transcript {
namespace {

// What playing `text` says; "" if all is as written.
std::string Play(const std::string& text) {
  const auto transcript = Parse("self.txt", text);
  if (!transcript.ok()) return std::string(Message(transcript.status()));
  Stage stage;
  return stage.Play(*transcript).value_or("");
}

const std::string kSubscribed =
    "! open\n"
    "> control\n"
    "> LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f&LS_snapshot=true\n"
    "< SUBOK,1,1,1\n"
    "< CONF,1,unlimited,filtered\n";
// REQOK is missing above: the answer comes first.
const std::string kComplete =
    "! open\n"
    "> control\n"
    "> LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f&LS_snapshot=true\n"
    "< REQOK,1\n"
    "< SUBOK,1,1,1\n"
    "< CONF,1,unlimited,filtered\n";

TEST(Stage, PlaysWhatHappens) {
  EXPECT_EQ(Play(kComplete + "! expects SUB a\n! update a f=\"x|y\"\n< U,1,1,x%7Cy\n"), "");
}

TEST(Stage, AMissingLineFailsWhereTheBlockBegins) {
  const std::string problem = Play(kSubscribed);
  EXPECT_TRUE(problem.starts_with("self.txt:4: client 1 got something else from line 1"))
      << problem;
  EXPECT_NE(problem.find("REQOK,1"), std::string::npos) << problem;
}

TEST(Stage, AnotherValueFails) {
  const std::string problem = Play(kComplete + "! update a f=1\n< U,1,1,2\n");
  EXPECT_TRUE(problem.starts_with("self.txt:8: ")) << problem;
  EXPECT_NE(problem.find("expected:\n      U,1,1,2\n    got:\n      U,1,1,1"), std::string::npos)
      << problem;
}

TEST(Stage, ALineThatDoesNotComeFails) {
  EXPECT_NE(Play(kComplete + "< U,1,1,2\n"), "");
  EXPECT_NE(Play(kComplete + "! update a f=1\n< U,1,1,1\n< U,1,1,2\n"), "");
}

TEST(Stage, WhatNobodyExpectedFailsAtTheEnd) {
  const std::string problem = Play(kComplete + "! update a f=1\n");
  EXPECT_NE(problem.find("nobody expected\n      U,1,1,1"), std::string::npos) << problem;
}

TEST(Stage, NothingMeansSilence) {
  EXPECT_EQ(Play("! open\n< (nothing)\n"), "");
  EXPECT_NE(Play(kComplete + "! update a f=1\n< (nothing)\n"), "");
}

TEST(Stage, AdaptersMustBeAskedExactlyThat) {
  EXPECT_NE(Play(kComplete + "! expects SUB b\n"), "");
  EXPECT_NE(Play(kComplete + "! expects SUB a\n! expects USB a\n"), "");
  const std::string problem = Play("! open\n! expects OPEN -\n! cut\n@ 14s\n");
  EXPECT_NE(problem.find("more that an adapter was asked\n      CLOSE"), std::string::npos)
      << problem;
}

TEST(Stage, UnknownFactsAndPlaceholdersFail) {
  EXPECT_NE(Play("! fly away\n"), "");
  EXPECT_NE(Play("> control\n> LS_session=<id>&LS_reqId=1&LS_op=destroy\n"), "");
  EXPECT_NE(Play("! open\n! update a f=1\n"), "");
  EXPECT_NE(Play("! open\n@ soon\n"), "");
  EXPECT_NE(Play("! open\n! option max_items=1\n"), "");
  EXPECT_NE(Play("! option max_itmes=1\n"), "");
  EXPECT_NE(Play("! option delta_delivery=perhaps\n"), "");
  EXPECT_NE(Play("! open\n! diffs a f=J\n"), "");
}

TEST(Stage, AnOutcomeIsOfAMessageThatWaits) {
  const std::string sent =
      "! hold messages\n! open\n> msg\n> LS_reqId=1&LS_message=x&LS_msg_prog=1\n< REQOK,1\n";
  EXPECT_EQ(Play(sent + "! answer message some text\n< MSGDONE,*,1,some text\n"), "");
  EXPECT_EQ(Play(sent + "! deny message -1 no\n< MSGFAIL,*,1,-1,no\n"), "");
  EXPECT_NE(Play(sent + "! answer message2\n"), "");
  EXPECT_NE(Play(sent + "! deny message\n"), "");
  EXPECT_NE(Play("! open\n! answer message\n"), "");
}

TEST(Parse, RefusesWhatIsNoTranscript) {
  EXPECT_FALSE(Parse("self.txt", "").ok());
  EXPECT_FALSE(Parse("self.txt", "# only talk\n").ok());
  EXPECT_FALSE(Parse("self.txt", "! open\nU,1,1,2\n").ok());
  EXPECT_FALSE(Parse("self.txt", "!open\n").ok());
}

TEST(Words, ReadValues) {
  EXPECT_TRUE(ReadValue("null")->is_null);
  EXPECT_FALSE(ReadValue("\"null\"")->is_null);
  EXPECT_EQ(ReadValue("\"\"")->text, "");
  EXPECT_EQ(ReadValue("")->text, "");
  EXPECT_EQ(ReadValue("\"a \\\"b\\\" \\n\\x7f\"")->text, "a \"b\" \n\x7f");
  EXPECT_FALSE(ReadValue("\"open").has_value());
  EXPECT_FALSE(ReadValue("\"\\q\"").has_value());
  EXPECT_EQ(Expand("a{x*3}b{y}"), "axxxb{y}");
}

}  // namespace
}  // namespace penstock::transcript
