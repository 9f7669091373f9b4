// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The packets and vectors of the protocol's reference, as a server sends them to a host.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"
#include "unit/remote-proto/ari/packets.h"
#include "unit/remote-proto/ari/vectors.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

using Lines = std::vector<std::string>;

// The answer to the request of this id, and what comes in front of it, without timestamps.
void HearAnswer(ProxyConnection* c, std::string_view id, Lines* lines) {
  do {
    lines->push_back(c->Hear());
    const std::size_t bar = lines->back().find('|');
    if (lines->back().find("|EOS|") == bar) lines->back().erase(0, bar);
  } while (!lines->back().starts_with(id) && lines->back().front() != '<');
}

// What a host of `Provider` answers to `requests` after `init`, sent in pieces of `chunk` bytes.
template <class Provider>
Lines Answers(const std::string& init, const Lines& requests, std::size_t chunk) {
  ScriptedProxy proxy;
  AdapterHost host(std::make_shared<Provider>(), OptionsFor(proxy));
  EXPECT_TRUE(host.Start().ok());
  ProxyConnection c = proxy.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  c.Say(init);
  c.Hear();
  Lines lines;
  for (const std::string& line : requests) {
    const std::string bytes = line + "\r\n";
    for (std::size_t at = 0; at < bytes.size(); at += chunk) c.SayRaw(bytes.substr(at, chunk));
    HearAnswer(&c, line.substr(0, line.find('|') + 1), &lines);
  }
  return lines;
}

// The requests of section 7 that a server sends once init is done.
Lines Requests(ari::Version version, bool data) {
  Lines lines;
  for (const ari::Packet& packet : ari::kPackets) {
    ari::PacketHead head;
    if (packet.version != version || packet.shape != ari::Shape::kRequest) continue;
    if (!ari::ParseHead(packet.line, &head).ok()) continue;
    const bool of_data = head.method == ari::Method::kSub || head.method == ari::Method::kUsb;
    const bool of_metadata = head.method >= ari::Method::kNus && head.method <= ari::Method::kMdc;
    if (data ? of_data : of_metadata) lines.emplace_back(packet.line);
  }
  EXPECT_GT(lines.size(), 0u);
  return lines;
}

// A2
TEST(Replay, DataRequestsMeanTheSameByteByByteAndWhole) {
  const Lines requests = Requests(ari::Version::k191, true);
  const std::string init = "1a|DPI|S|ARI.version|S|1.9.1|S|data_provider.name|S|QUOTES";
  const Lines whole = Answers<FakeData>(init, requests, 100000);
  EXPECT_GT(whole.size(), requests.size());
  EXPECT_NE(whole.back().front(), '<');
  EXPECT_EQ(whole, Answers<FakeData>(init, requests, 1));
}

// A2
TEST(Replay, MetadataRequestsMeanTheSameByteByByteAndWhole) {
  for (const auto& [version, text] :
       {std::pair(ari::Version::k191, "1.9.1"), std::pair(ari::Version::k183, "1.8.3")}) {
    const Lines requests = Requests(version, false);
    const std::string init = std::string("1a|MPI|S|ARI.version|S|") + text;
    const Lines whole = Answers<LiteralBasedProvider>(init, requests, 100000);
    EXPECT_EQ(whole.size(), requests.size());
    EXPECT_NE(whole.back().front(), '<');
    EXPECT_EQ(whole, Answers<LiteralBasedProvider>(init, requests, 1));
  }
}

// A1
TEST(Replay, VectorsAreItemsAndValuesOnTheWire) {
  ScriptedProxy proxy;
  const auto provider = std::make_shared<FakeData>();
  AdapterHost host(provider, OptionsFor(proxy));
  ASSERT_TRUE(host.Start().ok());
  ProxyConnection c = proxy.Accept();
  OpenData(&c);
  for (const ari::Vector& v : ari::kVectors) {
    if (!v.value.has_value()) continue;
    const std::string token(v.smart);
    c.Say("2a|SUB|S|" + token);
    EXPECT_EQ(c.HearEvent(), "EOS|S|" + token + "|S|2a");
    EXPECT_EQ(c.Hear(), "2a|SUB|V");
    Subscription& s = provider->handle(std::string(*v.value));
    EXPECT_EQ(s.Update({{*v.value, *v.value}, {"null", std::nullopt}}), PushResult::kOk);
    EXPECT_EQ(c.HearEvent(),
              "UD3|S|" + token + "|S|2a|B|0|S|" + token + "|S|" + token + "|S|null|S|#");
  }
}

// A3, A5
TEST(Replay, LineEndsBlankLinesAndKeepalivesOfAServerChangeNothing) {
  ScriptedProxy proxy;
  AdapterHost host(std::make_shared<FakeData>(), OptionsFor(proxy));
  ASSERT_TRUE(host.Start().ok());
  ProxyConnection c = proxy.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  c.SayRaw("\r\n\n\n1a|DPI|S|ARI.version|S|1.9.1\n\r\r\n");
  EXPECT_EQ(c.Hear(), "1a|DPI|S|ARI.version|S|1.9.1");
  c.SayRaw("KEEPALIVE\r\n2a|SUB|S|snap\nKEEPALIVE\n\n");
  EXPECT_EQ(c.Hear(), "2a|SUB|V");
}

}  // namespace
}  // namespace penstock::adapter
