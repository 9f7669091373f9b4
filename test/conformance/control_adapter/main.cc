// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A Metadata Adapter made with the SDK that ends what it is told to end, for sdk_control.test.mjs
// and others:
//   control_adapter SERVER
// Each line of the standard input is a wish, each is answered by a line:
//   end SESSION [CODE TEXT]       ok | error ...
//   unsubscribe SESSION NUMBER    true | false | error ...
// Groups that begin with "kept" may not be ended. The selector "FIELD>NUMBER" takes what it says.
// Of the Data Adapter RAW, items that begin with "item" may be had in RAW alone (ItemData), and so
// may those that begin with "user" (UserItemData).
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "penstock/adapter/adapter_host.h"

namespace {

using namespace penstock::adapter;

class Control : public MetadataProvider {
 public:
  Result<UserProfile> NotifyUser(const UserRequest&) override {
    return UserProfile{.wants_tables = true};
  }
  Result<TablesProfile> NewTables(const TablesRequest& request) override {
    return TablesProfile{.enable_unsubscription = !request.tables[0].group.starts_with("kept")};
  }
  Result<ItemLimits> ItemData(const ItemDataRequest& request) override {
    return ItemLimits{.modes = ModesOf("item", request)};
  }
  Result<UserItemLimits> UserItemData(const UserItemDataRequest& request) override {
    return UserItemLimits{.modes = ModesOf("user", request)};
  }
  Result<Filter> Selector(const SelectorRequest& request) override {
    const std::size_t at = request.selector.find('>');
    if (at == std::string::npos) return MetadataProvider::Selector(request);
    return Filter::Compare(request.selector.substr(0, at), Relation::kGreater,
                           std::stod(request.selector.substr(at + 1)));
  }

 private:
  static ModeSet ModesOf(std::string_view prefix, const auto& request) {
    const bool raw = request.item.starts_with(prefix) && request.data_adapter == "RAW";
    return raw ? ModeSet(Mode::kRaw) : ModeSet::All();
  }
};

void Print(const std::string& line) { std::cout << line << std::endl; }

void End(AdapterHost& host, std::istream& wish) {
  std::string session;
  std::string text;
  int code = 0;
  std::optional<int> cause;
  wish >> session;
  if (wish >> code) {
    cause = code;
    wish >> std::ws;
    std::getline(wish, text);
  }
  const Status status =
      host.ForceSessionTermination(session, cause, cause ? NullableString(text) : std::nullopt)
          .get();
  Print(status ? "ok" : "error " + status.error().message());
}

void Unsubscribe(AdapterHost& host, std::istream& wish) {
  std::string session;
  int number = 0;
  wish >> session >> number;
  const Result<bool> done = host.ForceUnsubscription(session, number).get();
  Print(!done ? "error " + done.error().message() : *done ? "true" : "false");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  AdapterHost host(std::make_shared<Control>(), {.name = "control", .servers = {argv[1]}});
  if (const Status started = host.Start(); !started) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream wish(line);
    std::string what;
    wish >> what;
    if (what == "end") {
      End(host, wish);
    } else {
      Unsubscribe(host, wish);
    }
  }
  host.Stop();
  return 0;
}
