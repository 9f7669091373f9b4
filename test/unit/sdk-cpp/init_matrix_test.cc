// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Each version that a server may offer, on one connection and on two, to either kind of adapter:
// the exact answer, and the dialect that is spoken from then on (ari.md 5.4 to 5.6).
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

// The item "caf\u00e9 b" as a server writes it, and as it comes back.
constexpr std::string_view kCompat = "caf%C3%A9+b";
constexpr std::string_view kSmart = "caf\u00e9 b";

struct Offer {
  const char* name;
  std::optional<std::string> version;  // none: the parameter is left out
  std::string reply;                   // behind id and method
  bool smart;                          // strings, and what came with them in 1.9.0
  bool enough_for_one_connection;      // of a data adapter

  std::string Init(const std::string& method) const {
    const std::string start = "1a|" + method;
    return version ? start + "|S|ARI.version|S|" + *version : start + "|S|adapters_conf.id|S|DEMO";
  }
  std::string Text() const { return std::string(smart ? kSmart : kCompat); }
};

const Offer kAccepted[] = {
    {"Absent", std::nullopt, "V", false, false},
    {"V180", "1.8.0", "V", false, false},
    {"V182", "1.8.2", "S|ARI.version|S|1.8.2", false, false},
    {"V183", "1.8.3", "S|ARI.version|S|1.8.3", false, false},
    {"V190", "1.9.0", "S|ARI.version|S|1.9.0", true, false},
    {"V191", "1.9.1", "S|ARI.version|S|1.9.1", true, true},
    {"Newer", "1.9.2", "S|ARI.version|S|1.9.1", true, true},
    {"NewerStill", "2.0.0", "S|ARI.version|S|1.9.1", true, true},
};

const Offer kRefused[] = {
    {"Reserved", "1.8.1", "Unsupported+reserved+protocol+version+number%3A+1.8.1", false, false},
    {"Older", "1.7.0", "Unsupported+protocol+version%3A+1.7.0", false, false},
    {"Words", "latest", "Unsupported+protocol+version%3A+latest", false, false},
};

std::string NameOf(const ::testing::TestParamInfo<Offer>& info) { return info.param.name; }

class InitMatrix : public ::testing::TestWithParam<Offer> {
 protected:
  ~InitMatrix() override {
    if (host_ != nullptr) host_->Stop(std::chrono::milliseconds(0));
  }
  void StartData(bool two) {
    HostOptions options = OptionsFor(proxy_);
    if (two) options.servers = {proxy_.server() + "?notify=" + std::to_string(notify_.port())};
    host_ = std::make_unique<AdapterHost>(data_, options);
    ASSERT_TRUE(host_->Start().ok());
  }
  void StartMetadata() {
    host_ =
        std::make_unique<AdapterHost>(std::make_shared<LiteralBasedProvider>(), OptionsFor(proxy_));
    ASSERT_TRUE(host_->Start().ok());
  }
  // Says a line with signs of life around it, which are no answers and get none.
  static std::string Ask(ProxyConnection* c, const std::string& line) {
    c->Say("KEEPALIVE");
    c->Say(line);
    c->Say("KEEPALIVE");
    return c->Hear();
  }
  void ExpectEvents(ProxyConnection* requests, ProxyConnection* events) {
    const std::string item = GetParam().Text();
    requests->Say("2a|SUB|S|" + item);
    EXPECT_EQ(events->HearEvent(), "EOS|S|" + item + "|S|2a");
    EXPECT_EQ(requests->Hear(), "2a|SUB|V");
    Subscription& s = data_->handle("caf\u00e9 b");
    const FieldDiffOrder order[] = {{"f", {DiffAlgorithm::kJsonPatch}}};
    EXPECT_EQ(s.DeclareDiffOrder(order), PushResult::kOk);
    EXPECT_EQ(s.Update({{"f", "caf\u00e9 b"}, {"n", std::nullopt}, {"e", ""}}), PushResult::kOk);
    if (GetParam().smart) {
      EXPECT_EQ(events->HearEvent(), "DFD|S|" + item + "|S|2a|S|f|F|J");
    }
    EXPECT_EQ(events->HearEvent(),
              "UD3|S|" + item + "|S|2a|B|0|S|f|S|" + item + "|S|n|S|#|S|e|S|$");
  }

  ScriptedProxy proxy_;
  ScriptedProxy notify_;
  const std::shared_ptr<FakeData> data_ = std::make_shared<FakeData>();
  std::unique_ptr<AdapterHost> host_;
};

using AcceptedOffer = InitMatrix;
INSTANTIATE_TEST_SUITE_P(Versions, AcceptedOffer, ::testing::ValuesIn(kAccepted), NameOf);

// A4, A5
TEST_P(AcceptedOffer, DataOnTwoConnectionsSpeaksTheDialect) {
  StartData(true);
  ProxyConnection requests = proxy_.Accept();
  ProxyConnection events = notify_.Accept();
  EXPECT_EQ(requests.Hear(), kRac);
  EXPECT_EQ(events.Hear(), kRac);
  EXPECT_EQ(Ask(&requests, GetParam().Init("DPI")), "1a|DPI|" + GetParam().reply);
  ExpectEvents(&requests, &events);
}

// A4, A5
TEST_P(AcceptedOffer, DataOnOneConnectionNeedsTheLatest) {
  StartData(false);
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  const std::string answer = Ask(&c, GetParam().Init("DPI"));
  if (GetParam().enough_for_one_connection) {
    EXPECT_EQ(answer, "1a|DPI|" + GetParam().reply);
    ExpectEvents(&c, &c);
    return;
  }
  EXPECT_EQ(answer, "1a|DPI|ED|Unsupported+Proxy+Adapter+version+" +
                        GetParam().version.value_or("1.8.0") +
                        "%3A+one+connection+needs+1.9.1%2C+or+name+the+notify+port");
  EXPECT_EQ(c.Hear(), "<closed>");
}

// A4, A5
TEST_P(AcceptedOffer, MetadataSpeaksTheDialect) {
  StartMetadata();
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  EXPECT_EQ(Ask(&c, GetParam().Init("MPI")), "1a|MPI|" + GetParam().reply);
  const std::string word = GetParam().smart ? "caf\u00e9" : "caf%C3%A9";
  EXPECT_EQ(Ask(&c, "2a|GIS|S|u|S|" + GetParam().Text() + "|S|S1"), "2a|GIS|S|" + word + "|S|b");
  // What the remote end may ask for came with 1.9.0.
  EXPECT_EQ(host_->Fail("caf\u00e9 b").ok(), GetParam().smart);
  if (GetParam().smart) {
    EXPECT_EQ(c.Hear(), "2|FAL|E|caf\u00e9 b");
  }
}

using RefusedOffer = InitMatrix;
INSTANTIATE_TEST_SUITE_P(Versions, RefusedOffer, ::testing::ValuesIn(kRefused), NameOf);

// A4
TEST_P(RefusedOffer, IsToldByDataOnOneConnection) {
  StartData(false);
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  EXPECT_EQ(Ask(&c, GetParam().Init("DPI")), "1a|DPI|ED|" + GetParam().reply);
  EXPECT_EQ(c.Hear(), "<closed>");
}

// A4
TEST_P(RefusedOffer, IsToldByDataOnTwoConnections) {
  StartData(true);
  ProxyConnection requests = proxy_.Accept();
  ProxyConnection events = notify_.Accept();
  EXPECT_EQ(requests.Hear(), kRac);
  EXPECT_EQ(events.Hear(), kRac);
  EXPECT_EQ(Ask(&requests, GetParam().Init("DPI")), "1a|DPI|ED|" + GetParam().reply);
  EXPECT_EQ(requests.Hear(), "<closed>");
  EXPECT_EQ(events.Hear(), "<closed>");
}

// A4
TEST_P(RefusedOffer, IsToldByMetadata) {
  StartMetadata();
  ProxyConnection c = proxy_.Accept();
  EXPECT_EQ(c.Hear(), kRac);
  EXPECT_EQ(Ask(&c, GetParam().Init("MPI")), "1a|MPI|EM|" + GetParam().reply);
  EXPECT_EQ(c.Hear(), "<closed>");
}

}  // namespace
}  // namespace penstock::adapter
