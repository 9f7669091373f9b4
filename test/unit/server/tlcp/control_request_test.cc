// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "read_requests.h"

namespace penstock::tlcp {
namespace {

Control Read(std::string_view line, const Arrival& arrival = kSocket) {
  return ReadAs<Control>(RequestName::kControl, line, arrival);
}

template <class Op>
Op ReadOp(std::string_view line, const Arrival& arrival = kSocket) {
  const Control control = Read(line, arrival);
  return std::get<Op>(control.op);
}

std::string RefusalOf(std::string_view line, const Arrival& arrival = kSocket) {
  return tlcp::RefusalOf(RequestName::kControl, line, arrival);
}

constexpr std::string_view kAdd =
    "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=item1%20item2&LS_schema=f1%2Bf2%20f3";

Add ReadAdd(std::string_view more) { return ReadOp<Add>(std::string(kAdd) + std::string(more)); }

TEST(AddRequest, ReadsWhatOfficialClientsSend) {
  const Control control = Read(
      "LS_reqId=1&LS_op=add&LS_subId=7&LS_mode=DISTINCT&LS_group=item1%20item2&LS_schema=f1%2Bf2&"
      "LS_data_adapter=QUOTE&LS_selector=sel&LS_snapshot=20&LS_requested_max_frequency=1.5&"
      "LS_requested_buffer_size=30&LS_ack=false");
  EXPECT_EQ(control.session_id, std::nullopt);
  EXPECT_EQ(control.request_id, "1");
  const Add& add = std::get<Add>(control.op);
  EXPECT_EQ(add.sub_id, 7);
  EXPECT_EQ(add.mode, Mode::kDistinct);
  EXPECT_EQ(add.group, "item1 item2");
  EXPECT_EQ(add.schema, "f1+f2");
  EXPECT_EQ(add.data_adapter, "QUOTE");
  EXPECT_EQ(add.selector, "sel");
  EXPECT_EQ(add.snapshot, (Snapshot{true, 20}));
  EXPECT_EQ(add.max_frequency, Frequency::Limited(1.5));
  EXPECT_EQ(add.buffer_size, BufferSize{30});
  EXPECT_FALSE(add.ack);
}

TEST(AddRequest, HasTheDefaultsOfTheProtocol) {
  const Add add = ReadAdd("");
  EXPECT_EQ(add.mode, Mode::kMerge);
  EXPECT_EQ(add.data_adapter, "DEFAULT");
  EXPECT_EQ(add.selector, std::nullopt);
  EXPECT_EQ(add.buffer_size, std::nullopt);
  EXPECT_EQ(add.max_frequency, Frequency::Unlimited());
  EXPECT_EQ(add.snapshot, Snapshot{});
  EXPECT_TRUE(add.ack);
}

TEST(AddRequest, ReadsEveryMode) {
  const auto mode = [](std::string_view name) {
    return ReadOp<Add>("LS_reqId=1&LS_op=add&LS_subId=1&LS_group=g&LS_schema=s&LS_mode=" +
                       std::string(name))
        .mode;
  };
  EXPECT_EQ(mode("RAW"), Mode::kRaw);
  EXPECT_EQ(mode("MERGE"), Mode::kMerge);
  EXPECT_EQ(mode("DISTINCT"), Mode::kDistinct);
  EXPECT_EQ(mode("COMMAND"), Mode::kCommand);
}

TEST(AddRequest, ReadsFrequencies) {
  EXPECT_EQ(ReadAdd("&LS_requested_max_frequency=unlimited").max_frequency, Frequency::Unlimited());
  EXPECT_EQ(ReadAdd("&LS_requested_max_frequency=unfiltered").max_frequency,
            Frequency::Unfiltered());
  EXPECT_EQ(ReadAdd("&LS_requested_max_frequency=2").max_frequency, Frequency::Limited(2));
  EXPECT_EQ(ReadAdd("&LS_requested_max_frequency=5e-1").max_frequency, Frequency::Limited(0.5));
}

TEST(AddRequest, ReadsBufferSizes) {
  EXPECT_EQ(ReadAdd("&LS_requested_buffer_size=unlimited").buffer_size, BufferSize{});
  EXPECT_EQ(ReadAdd("&LS_requested_buffer_size=9000000000").buffer_size, BufferSize{INT32_MAX});
}

TEST(AddRequest, ReadsSnapshots) {
  EXPECT_EQ(ReadAdd("&LS_snapshot=true").snapshot, (Snapshot{true, std::nullopt}));
  EXPECT_EQ(ReadAdd("&LS_snapshot=false").snapshot, Snapshot{});
  EXPECT_EQ(ReadAdd("&LS_snapshot=9000000000").snapshot, (Snapshot{true, INT32_MAX}));
}

TEST(AddRequest, IsAlwaysAcknowledgedOverHttp) {
  EXPECT_TRUE(ReadOp<Add>(std::string(kAdd) + "&LS_ack=false", kHttpWithSession).ack);
}

TEST(AddRequest, NamesTheParameterThatIsWrong) {
  for (const char* bad :
       {"LS_subId=0", "LS_subId=-1", "LS_subId=x", "LS_subId=2147483648", "LS_mode=merge",
        "LS_mode=", "LS_requested_max_frequency=0", "LS_requested_max_frequency=-1",
        "LS_requested_max_frequency=fast", "LS_requested_max_frequency=1,5",
        "LS_requested_buffer_size=0", "LS_requested_buffer_size=1.5", "LS_snapshot=0",
        "LS_snapshot=yes", "LS_ack=0", "LS_group=%FF%FE"}) {
    const std::string name(std::string_view(bad).substr(0, std::string_view(bad).find('=')));
    EXPECT_EQ(RefusalOf(std::string(kAdd) + "&" + bad),
              "REQERR 1 65 Invalid value of parameter " + name);
  }
}

TEST(AddRequest, NamesTheParameterThatIsMissing) {
  EXPECT_EQ(RefusalOf("LS_reqId=4&LS_op=add"), "REQERR 4 65 Missing parameter LS_subId");
  EXPECT_EQ(RefusalOf("LS_reqId=4&LS_op=add&LS_subId=1"), "REQERR 4 65 Missing parameter LS_mode");
  EXPECT_EQ(RefusalOf("LS_reqId=4&LS_op=add&LS_subId=1&LS_mode=RAW"),
            "REQERR 4 65 Missing parameter LS_group");
  EXPECT_EQ(RefusalOf("LS_reqId=4&LS_op=add&LS_subId=1&LS_mode=RAW&LS_group=g"),
            "REQERR 4 65 Missing parameter LS_schema");
}

TEST(AddRequest, IsTheSameWhateverTheAcknowledgement) {
  EXPECT_TRUE(ReadAdd("").SameAs(ReadAdd("&LS_ack=false")));
  for (const char* other : {"&LS_subId=2", "&LS_mode=RAW", "&LS_group=g", "&LS_schema=s",
                            "&LS_data_adapter=D", "&LS_selector=", "&LS_requested_buffer_size=1",
                            "&LS_requested_max_frequency=1", "&LS_snapshot=true"}) {
    EXPECT_FALSE(ReadAdd("").SameAs(ReadAdd(other))) << other;
  }
}

TEST(DeleteRequest, ReadsWhatOfficialClientsSend) {
  const Control control = Read("LS_reqId=2&LS_subId=1&LS_op=delete&LS_ack=false&LS_cause=zombie");
  EXPECT_EQ(control.cause, "zombie");
  EXPECT_EQ(std::get<Delete>(control.op).sub_id, 1);
  EXPECT_FALSE(std::get<Delete>(control.op).ack);
  EXPECT_EQ(RefusalOf("LS_reqId=2&LS_op=delete"), "REQERR 2 65 Missing parameter LS_subId");
}

TEST(ReconfRequest, ReadsFrequency) {
  const Reconf reconf =
      ReadOp<Reconf>("LS_reqId=2&LS_subId=1&LS_op=reconf&LS_requested_max_frequency=2.5");
  EXPECT_EQ(reconf.sub_id, 1);
  EXPECT_EQ(reconf.max_frequency, Frequency::Limited(2.5));
  EXPECT_EQ(ReadOp<Reconf>("LS_reqId=2&LS_subId=1&LS_op=reconf").max_frequency, std::nullopt);
}

TEST(ReconfRequest, RefusesUnfilteredWithACodeThatIsNotFatal) {
  EXPECT_TRUE(RefusalOf("LS_reqId=2&LS_subId=1&LS_op=reconf&LS_requested_max_frequency=unfiltered")
                  .starts_with("REQERR 2 13 "));
}

TEST(ConstrainRequest, ReadsBandwidth) {
  EXPECT_EQ(
      ReadOp<Constrain>("LS_reqId=1&LS_op=constrain&LS_requested_max_bandwidth=40").max_bandwidth,
      Bandwidth{40});
  EXPECT_EQ(ReadOp<Constrain>("LS_reqId=1&LS_op=constrain&LS_requested_max_bandwidth=unlimited")
                .max_bandwidth,
            Bandwidth{});
  EXPECT_EQ(RefusalOf("LS_reqId=1&LS_op=constrain"),
            "REQERR 1 65 Missing parameter LS_requested_max_bandwidth");
}

TEST(ForceRebindRequest, ReadsParameters) {
  const Control control = Read(
      "LS_reqId=1&LS_op=force_rebind&LS_polling_millis=300&LS_close_socket=true&"
      "LS_cause=http.streaming.unavailable");
  EXPECT_EQ(control.cause, "http.streaming.unavailable");
  EXPECT_EQ(std::get<ForceRebind>(control.op).polling, Millis(300));
  EXPECT_TRUE(std::get<ForceRebind>(control.op).close_socket);
  EXPECT_FALSE(ReadOp<ForceRebind>("LS_reqId=1&LS_op=force_rebind").close_socket);
}

TEST(DestroyRequest, ReadsWhatOfficialClientsSend) {
  const Control control = Read("LS_reqId=9&LS_op=destroy&LS_close_socket=true&LS_cause=api");
  EXPECT_TRUE(std::get<Destroy>(control.op).close_socket);
  EXPECT_EQ(std::get<Destroy>(control.op).custom_cause, std::nullopt);
}

TEST(DestroyRequest, CollapsesCauseCodes) {
  const auto cause = [](std::string_view more) {
    return ReadOp<Destroy>("LS_reqId=9&LS_op=destroy" + std::string(more)).custom_cause;
  };
  EXPECT_EQ(cause("&LS_cause_code=-5&LS_cause_message=bye%20now"), (Error{-5, "bye now"}));
  EXPECT_EQ(cause("&LS_cause_code=31&LS_cause_message=x"), (Error{0, "x"}));
  EXPECT_EQ(cause("&LS_cause_code=0"), (Error{0, "null"}));
  EXPECT_EQ(cause("&LS_cause_message=x"), std::nullopt);
}

TEST(MpnRequest, IsRecognised) {
  EXPECT_EQ(ReadOp<Mpn>("LS_reqId=1&LS_op=register&PN_type=Apple").op, Mpn::Op::kRegister);
  EXPECT_EQ(ReadOp<Mpn>("LS_reqId=1&LS_op=reset_badge").op, Mpn::Op::kResetBadge);
  EXPECT_EQ(ReadOp<Mpn>("LS_reqId=1&LS_op=activate").op, Mpn::Op::kActivate);
  EXPECT_EQ(ReadOp<Mpn>("LS_reqId=1&LS_op=pn_reconf").op, Mpn::Op::kPnReconf);
  EXPECT_EQ(ReadOp<Mpn>("LS_reqId=1&LS_op=deactivate").op, Mpn::Op::kDeactivate);
}

TEST(ControlRequest, TellsTheRequestIdWhereItIsReadable) {
  EXPECT_EQ(RefusalOf("LS_op=destroy"), "ERROR 67 Malformed request");
  EXPECT_EQ(RefusalOf(""), "ERROR 67 Malformed request");
  EXPECT_EQ(RefusalOf("LS_reqId=&LS_op=destroy"), "ERROR 65 Invalid value of parameter LS_reqId");
  EXPECT_EQ(RefusalOf("LS_reqId=1%2C2&LS_op=destroy"),
            "ERROR 65 Invalid value of parameter LS_reqId");
  EXPECT_EQ(RefusalOf("LS_reqId=a1Z"), "REQERR a1Z 65 Missing parameter LS_op");
  EXPECT_EQ(RefusalOf("LS_reqId=1&LS_op=dance"), "REQERR 1 65 Invalid value of parameter LS_op");
  EXPECT_EQ(RefusalOf("LS_reqId=1&LS_op=%4"), "REQERR 1 67 Malformed request");
}

TEST(ControlRequest, SessionComesFromTheLineOrTheQueryOrTheSocket) {
  EXPECT_EQ(Read("LS_reqId=1&LS_op=destroy", kHttpWithSession).session_id, "Sq");
  EXPECT_EQ(Read("LS_reqId=1&LS_op=destroy&LS_session=Sl", kHttpWithSession).session_id, "Sl");
  EXPECT_EQ(Read("LS_reqId=1&LS_op=destroy&LS_session=Sl").session_id, "Sl");
  EXPECT_EQ(RefusalOf("LS_reqId=1&LS_op=destroy", kHttp),
            "REQERR 1 65 Missing parameter LS_session");
}

TEST(ControlRequest, IgnoresParametersOfLegacyClients) {
  EXPECT_EQ(Read("LS_unique=17&LS_reqId=1&LS_op=destroy&LS_phase=12&LS_domain=x&").request_id, "1");
}

TEST(ControlRequest, RefusesAnUnsupportedVersion) {
  EXPECT_EQ(RefusalOf("LS_reqId=1&LS_op=destroy&LS_session=S",
                      {false, "LS_protocol=TLCP-7.0.0", std::nullopt}),
            "REQERR 1 65 Unsupported protocol version: 7.0.0");
}

}  // namespace
}  // namespace penstock::tlcp
