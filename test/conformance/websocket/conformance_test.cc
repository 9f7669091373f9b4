// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Every case of the table against the echo, on a connection of its own.

#include <gtest/gtest.h>

#include <set>

#include "case.h"
#include "echo_server.h"

namespace penstock::test {
namespace {

const std::vector<Case>& Cases() {
  static const std::vector<Case>* const cases = [] {
    auto* const made = new std::vector<Case>;
    AddFramingCases(*made);
    AddHeaderCases(*made);
    AddFragmentationCases(*made);
    AddUtf8Cases(*made);
    AddCloseCases(*made);
    AddSizeCases(*made);
    return made;
  }();
  return *cases;
}

class WebSocketConformance : public testing::TestWithParam<std::size_t> {
 protected:
  static void SetUpTestSuite() { server_ = new EchoServer; }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static EchoServer* server_;
};

EchoServer* WebSocketConformance::server_ = nullptr;

void Play(const Case& one, Peer& peer) {
  for (const Case::Step& step : one.steps) {
    if (step.kind == Case::Step::Kind::kSend) {
      peer.Send(step.bytes, step.chop);
      continue;
    }
    const Heard heard = peer.Hear();
    ASSERT_EQ(heard.kind, Heard::Kind::kFrame) << heard.Describe();
    ASSERT_TRUE(heard.fin && heard.opcode == step.opcode && heard.payload == step.bytes)
        << heard.Describe();
  }
  if (one.ending == Case::Ending::kByClient) peer.Send(CloseFrame(1000));
  const Heard close = peer.Hear();
  ASSERT_EQ(close.opcode, 8u) << close.Describe();
  EXPECT_EQ(close.close_code(), one.code);
  const Heard end = peer.Hear();
  EXPECT_EQ(end.kind, Heard::Kind::kEnd) << end.Describe();
}

TEST_P(WebSocketConformance, Holds) {
  Case one = Cases()[GetParam()];
  if (one.make) one.make(one);
  SCOPED_TRACE(one.id + " " + one.what);
  Peer peer(server_->port());
  ASSERT_EQ(peer.Open(EchoServer::kEchoPath), "");
  Play(one, peer);
}

INSTANTIATE_TEST_SUITE_P(All, WebSocketConformance, testing::Range(std::size_t{0}, Cases().size()),
                         [](const auto& of) {
                           std::string name = Cases()[of.param].id;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

TEST(WebSocketConformanceTable, NamesEachCaseOnce) {
  std::set<std::string> ids;
  for (const Case& one : Cases()) EXPECT_TRUE(ids.insert(one.id).second) << one.id;
  EXPECT_EQ(ids.size(), 301u);
}

}  // namespace
}  // namespace penstock::test
