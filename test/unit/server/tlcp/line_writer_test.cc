// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/line_writer.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <limits>
#include <string>

namespace penstock::tlcp {
namespace {

using std::chrono::seconds;

constexpr Version k24{2, 4, 0};
constexpr Version k25{2, 5, 0};

// Calls a writer and gives its line without the line end.
template <class Writer, class... Args>
std::string Line(Writer writer, Args... args) {
  std::string out = "before";
  writer(args..., out);
  EXPECT_TRUE(out.starts_with("before"));
  EXPECT_TRUE(out.ends_with("\r\n")) << out;
  EXPECT_EQ(out.find_first_of("\r\n"), out.size() - 2) << out;
  return out.substr(6, out.size() - 8);
}

// The expressions by which the strictest client library takes lines apart.
bool Matches(const std::string& line, const std::string& pattern) {
  regex_t compiled;
  EXPECT_EQ(regcomp(&compiled, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  const bool matches = regexec(&compiled, line.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return matches;
}

TEST(LineWriter, ConOk) {
  const std::string line = Line(AppendConOk, "S1d7c", 50000, Millis(5000), "*");
  EXPECT_EQ(line, "CONOK,S1d7c,50000,5000,*");
  EXPECT_TRUE(Matches(line, "CONOK,([^,]+),([0-9]+),([0-9]+),([^,]+)"));
  EXPECT_EQ(Line(AppendConOk, "S", 50000, Millis(0), "https://host.com:90/Path"),
            "CONOK,S,50000,0,https://host.com:90/Path");
}

TEST(LineWriter, ConOkNeverBreaksOnABadControlLink) {
  for (const char* link : {"", "a,b", "a b", "a\r\nb", "a%2Cb"}) {
    EXPECT_EQ(Line(AppendConOk, "S", 1, Millis(1), link), "CONOK,S,1,1,*") << link;
  }
}

TEST(LineWriter, ConErrAndEnd) {
  EXPECT_EQ(Line(AppendConErr, MakeError(SessionCode::kAdapterSetUnavailable)),
            "CONERR,2,Requested Adapter Set not available");
  EXPECT_EQ(Line(AppendConErr, MakeCustomError(-3, "")), "CONERR,-3,");
  EXPECT_EQ(Line(AppendEnd, MakeError(SessionCode::kDestroyedByClient)),
            "END,31,Destroy invoked by client");
  EXPECT_TRUE(Matches(Line(AppendConErr, MakeCustomError(-3, "a,b")), "CONERR,(-?[0-9]+),(.*)"));
  EXPECT_TRUE(Matches(Line(AppendEnd, MakeCustomError(-3, "a,b")), "END,(-?[0-9]+),(.*)"));
}

TEST(LineWriter, LoopAndProg) {
  EXPECT_EQ(Line(AppendLoop, Millis(0)), "LOOP,0");
  EXPECT_EQ(Line(AppendLoop, Millis(15000)), "LOOP,15000");
  EXPECT_EQ(Line(AppendLoop, Millis(-5)), "LOOP,0");
  EXPECT_EQ(Line(AppendProg, std::uint64_t{11}), "PROG,11");
  EXPECT_EQ(Line(AppendProg, std::numeric_limits<std::uint64_t>::max()),
            "PROG,18446744073709551615");
}

TEST(LineWriter, ServNameAndClientIp) {
  EXPECT_EQ(Line(AppendServName, "Lightstreamer HTTP Server"),
            "SERVNAME,Lightstreamer HTTP Server");
  EXPECT_EQ(Line(AppendClientIp, "0:0:0:0:0:0:0:1"), "CLIENTIP,0:0:0:0:0:0:0:1");
  std::string out;
  AppendServName("", out);
  AppendClientIp("", out);
  EXPECT_EQ(out, "");
}

TEST(LineWriter, Cons) {
  const char* const pattern = "CONS,(unmanaged|unlimited|[0-9]+(\\.[0-9]+)?)";
  EXPECT_EQ(Line(AppendCons, Bandwidth{}), "CONS,unlimited");
  EXPECT_EQ(Line(AppendCons, Bandwidth{40}), "CONS,40.0");
  EXPECT_EQ(Line(AppendCons, Bandwidth{12.5}), "CONS,12.5");
  EXPECT_EQ(Line(AppendConsUnmanaged), "CONS,unmanaged");
  for (const double kbps :
       {1e-9, 1e-300, 0.1, 1e21, 1e300, -1.0, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::denorm_min()}) {
    EXPECT_TRUE(Matches(Line(AppendCons, Bandwidth{kbps}), pattern)) << kbps;
  }
}

TEST(LineWriter, SyncProbeNoopWsok) {
  EXPECT_EQ(Line(AppendSync, seconds(120)), "SYNC,120");
  EXPECT_EQ(Line(AppendProbe), "PROBE");
  EXPECT_EQ(Line(AppendNoop, "sending placeholder data"), "NOOP,sending placeholder data");
  EXPECT_EQ(Line(AppendWsok), "WSOK");
}

TEST(LineWriter, Subscriptions) {
  EXPECT_EQ(Line(AppendSubOk, 1, 2, 3), "SUBOK,1,2,3");
  EXPECT_EQ(Line(AppendSubOk, 1, 0, 3), "SUBOK,1,0,3");
  EXPECT_EQ(Line(AppendSubCmd, 1, 2, 5, 4, 3), "SUBCMD,1,2,5,4,3");
  EXPECT_EQ(Line(AppendUnsub, 7), "UNSUB,7");
  EXPECT_EQ(Line(AppendEos, 7, 2), "EOS,7,2");
  EXPECT_EQ(Line(AppendCs, 7, 2), "CS,7,2");
  EXPECT_EQ(Line(AppendOv, 7, 2, std::uint64_t{11}), "OV,7,2,11");
}

TEST(LineWriter, Conf) {
  using Limit = std::optional<double>;
  EXPECT_EQ(Line(AppendConf, 1, Limit(), true), "CONF,1,unlimited,filtered");
  EXPECT_EQ(Line(AppendConf, 1, Limit(), false), "CONF,1,unlimited,unfiltered");
  EXPECT_EQ(Line(AppendConf, 1, Limit(3), true), "CONF,1,3.0,filtered");
  EXPECT_EQ(Line(AppendConf, 1, Limit(2.5), true), "CONF,1,2.5,filtered");
  EXPECT_TRUE(Matches(Line(AppendConf, 1, Limit(1.0 / 3), true),
                      "CONF,[0-9]+,(unlimited|[0-9]+(\\.[0-9]+)?),(filtered|unfiltered)"));
}

TEST(LineWriter, MsgDoneHasAsManyArgumentsAsTheVersionWants) {
  EXPECT_EQ(Line(AppendMsgDone, k25, "Orders_Sequence", 3, "Processed with ID 1"),
            "MSGDONE,Orders_Sequence,3,Processed with ID 1");
  EXPECT_EQ(Line(AppendMsgDone, k25, "", 1, ""), "MSGDONE,*,1,");
  EXPECT_EQ(Line(AppendMsgDone, k24, "", 1, "dropped"), "MSGDONE,*,1");
}

TEST(LineWriter, MsgFail) {
  EXPECT_EQ(Line(AppendMsgFail, "seq", 1, MakeCustomError(-5, "error")), "MSGFAIL,seq,1,-5,error");
  EXPECT_EQ(Line(AppendMsgSkipped, "seq", 4, 1),
            "MSGFAIL,seq,4,38,The specified progressive number has been skipped by timeout");
  EXPECT_EQ(Line(AppendMsgSkipped, "", 3, 2), "MSGFAIL,*,3,39,2");
}

TEST(LineWriter, Answers) {
  EXPECT_EQ(Line(AppendReqOk, "12"), "REQOK,12");
  EXPECT_EQ(Line(AppendReqOk, ""), "REQOK");
  EXPECT_EQ(Line(AppendReqErr, "12", MakeError(RequestCode::kSubscriptionNotFound)),
            "REQERR,12,19,Specified subscription not found");
  EXPECT_EQ(Line(AppendReqErr, "12", MakeCustomError(0, "")), "REQERR,12,0,");
  EXPECT_EQ(Line(AppendError, MakeError(RequestCode::kMalformedRequest)),
            "ERROR,67,Malformed request");
}

TEST(LineWriter, EncodesTextArguments) {
  EXPECT_EQ(Line(AppendConErr, Error{-1, "a,b%c\r\nd\x01\x7F"}),
            "CONERR,-1,a%2Cb%25c%0D%0Ad%01%7F");
  EXPECT_EQ(Line(AppendMsgFail, "seq", 2,
                 Error{-5,
                       "http://via.placeholder.com/256/cbf1a2/61c73f?text=nick+242+"
                       "I\xC3\xB1t\xC3\xABrn\xE2\x98\x83"}),
            "MSGFAIL,seq,2,-5,http://via.placeholder.com/256/cbf1a2/61c73f?text=nick+242+"
            "I%C3%B1t%C3%ABrn%E2%98%83");
  EXPECT_EQ(Line(AppendNoop, "\xFF"), "NOOP,%EF%BF%BD");
  EXPECT_EQ(Line(AppendMsgDone, k25, "", 1, "a,b|c"), "MSGDONE,*,1,a%2Cb|c");
}

TEST(LineWriter, KnowsWhichLinesRecoveryCounts) {
  for (const char* line :
       {"U,1,1,a", "SUBOK,1,1,1\r\n", "SUBCMD,1,1,2,1,2", "UNSUB,1", "EOS,1,1", "CS,1,1",
        "OV,1,1,1", "CONF,1,unlimited,filtered", "MSGDONE,*,1,", "MSGFAIL,*,1,38,x"}) {
    EXPECT_TRUE(IsDataNotification(line)) << line;
  }
  for (const char* line :
       {"CONOK,S,1,1,*", "CONERR,1,", "END,31,x", "LOOP,0", "PROBE\r\n", "NOOP,x", "SYNC,1",
        "PROG,1", "SERVNAME,x", "CLIENTIP,x", "CONS,unlimited", "REQOK,1", "REQOK\r\n",
        "REQERR,1,1,x", "ERROR,67,x", "WSOK", "", "UX,1"}) {
    EXPECT_FALSE(IsDataNotification(line)) << line;
  }
}

}  // namespace
}  // namespace penstock::tlcp
