// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "ari/method.h"
#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"
#include "unit/sdk-cpp/fakes.h"

// The first byte chooses the kind of adapter, what the server offers, and whether init is part of
// the input; the rest is the stream of a server. Checks that a host writes packets whatever it
// reads, goes on behind the oddest lines, and comes back when its connection ends.

namespace penstock::adapter {
namespace {

constexpr std::string_view kEnd = "zz9";

void Require(bool condition, std::string_view what, std::string_view line) {
  if (condition) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(line.size()), line.data());
  std::abort();
}

// Updates at once what it is asked for; the item's first letter decides what else it does.
class Data : public DataProvider {
 public:
  bool IsSnapshotAvailable(std::string_view item) override { return item.starts_with('s'); }
  Status Subscribe(Subscription subscription) override {
    const std::string item = subscription.item();
    subscription.Update({{"name", item}, {"none", std::nullopt}}, item.starts_with('s'));
    if (item.starts_with('b')) return SubscriptionError{item};
    if (item.starts_with('f')) return FailureError{"lost"};
    subscription.ClearSnapshot();
    return {};
  }
  Status Unsubscribe(std::string_view /*item*/) override { return {}; }
};

// A host that lives as long as the fuzzer, with the server that it dials again and again.
template <class Provider>
class Victim {
 public:
  static Victim& Get() {
    static Victim victim;
    return victim;
  }

  // Reads RAC.
  ProxyConnection Greet() {
    ProxyConnection c = proxy_.Accept();
    const std::string rac = c.Hear();
    Require(rac == kRac, "no RAC", rac);
    return c;
  }

 private:
  Victim() : host_(std::make_shared<Provider>(), OptionsFor(proxy_)) {
    Require(host_.Start().ok(), "the host does not start", "");
  }

  ScriptedProxy proxy_;
  AdapterHost host_;
};

// All that the host says, to its answer to the last request or the end of the connection.
void HearOut(ProxyConnection* c) {
  while (true) {
    const std::string line = c->Hear();
    if (line == "<closed>") return;
    Require(line != "<nothing>", "the host has fallen silent", line);
    ari::PacketHead head;
    Require(line == "KEEPALIVE" || ari::ParseHead(line, &head).ok(), "no packet", line);
    Require(head.method != ari::Method::kUnknown, "an unknown packet", line);
    Require(line.find("||") == std::string::npos && line.back() != '|', "an empty token", line);
    if (head.id == kEnd) return;
  }
}

}  // namespace
}  // namespace penstock::adapter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock::adapter;
  if (size == 0) return 0;
  const uint8_t form = data[0];
  const bool of_data = (form & 1) != 0;
  constexpr std::string_view kVersions[] = {"1.9.1", "1.9.0", "1.8.3", "1.8.2"};
  const std::string_view version = of_data ? "1.9.1" : kVersions[(form >> 1) % 4];
  ProxyConnection c =
      of_data ? Victim<Data>::Get().Greet() : Victim<LiteralBasedProvider>::Get().Greet();
  const bool with_init = (form & 8) == 0;
  if (with_init) {
    c.Say(std::string("1a|") + (of_data ? "DPI" : "MPI") + "|S|ARI.version|S|" +
          std::string(version));
  }
  c.SayRaw({reinterpret_cast<const char*>(data) + 1, size - 1});
  c.SayRaw("\r\n" + std::string(kEnd) + (of_data ? "|SUB|S|end\r\n" : "|NSC|S|end\r\n"));
  HearOut(&c);
  return 0;
}
