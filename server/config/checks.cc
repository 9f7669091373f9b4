// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/checks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <re2/re2.h>

#include "base/parse_number.h"
#include "base/utf8.h"
#include "config/remote_hosts.h"
#include "config/suggest.h"
#include "config/xml_params.h"

namespace penstock::config {
namespace {

constexpr std::size_t kLongestLabel = 200;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsToken(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlphanumeric(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool IsOrigin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    std::string_view host = text.substr(scheme.size());
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
      const auto port = ParseNumber<std::uint16_t>(host.substr(colon + 1));
      if (!port || *port == 0) return false;
      host = host.substr(0, colon);
    }
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == ':' ||
             c == '[' || c == ']';
    });
  }
  return false;
}

// Headers whose value decides how a response is read, or that other keys decide.
bool IsServersOwn(const std::string& name) {
  constexpr std::string_view kOwn[] = {"connection",        "content-length", "content-type",
                                       "content-encoding",  "date",           "server",
                                       "transfer-encoding", "upgrade"};
  return std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn) ||
         name.starts_with("sec-websocket-") || name.starts_with("access-control-");
}

// An address that was checked, as bytes: the same one can be written in several ways.
struct AddressBytes {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const AddressBytes&) const = default;
};

AddressBytes BytesOf(const std::string& address) {
  AddressBytes parsed;
  parsed.v6 = inet_pton(AF_INET6, address.c_str(), parsed.bytes.data()) == 1;
  if (!parsed.v6) inet_pton(AF_INET, address.c_str(), parsed.bytes.data());
  return parsed;
}

// Whether who connects to the address of `other` may come in at that of `use`.
bool Covers(const PortUse& use, const PortUse& other) {
  const AddressBytes mine = BytesOf(use.address);
  const AddressBytes others = BytesOf(other.address);
  if (mine == others) return true;
  if (mine.bytes != AddressBytes().bytes) return false;  // not every address
  return mine.v6 == others.v6 || (mine.v6 && !use.ipv6_only);
}

void CheckAdapterUses(const LoadedSet& loaded, Problems* problems) {
  std::vector<std::string_view> names;
  for (const DataAdapter& adapter : loaded.set.data_adapters) names.push_back(adapter.name);
  if (names.empty()) return;
  for (const AdapterUse& use : loaded.adapter_uses) {
    if (std::find(names.begin(), names.end(), use.name) != names.end()) continue;
    problems->Add(use.place, use.key,
                  "the set has no Data Adapter \"" + use.name + "\"; write " + Enumerate(names));
  }
}

}  // namespace

std::string CheckLabel(const std::string& text) {
  if (text.empty()) return "is empty; write a name";
  if (text.size() > kLongestLabel) return "is longer than 200 bytes; write a shorter name";
  if (HasControl(text) || !IsValidUtf8(text)) {
    return "holds a character that cannot be printed; write printable text";
  }
  return {};
}

std::string CheckControlLink(const std::string& text) {
  if (text.find_first_of(", \t%?#@\"<>\\") != std::string::npos || HasControl(text)) {
    return "holds a character that no address has; write such as \"node1.example.com:8443\"";
  }
  if (text.size() > kLongestLabel) return "is longer than 200 bytes; write a host and a port";
  return {};
}

std::string CheckAddress(const std::string& text) {
  in_addr v4;
  in6_addr v6;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1 || inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return {};
  }
  return "\"" + text +
         "\" is no numeric address; write one such as \"127.0.0.1\", or \"0.0.0.0\" " +
         "for every interface";
}

std::string CheckPeers(const std::vector<std::string>& peers) {
  for (const std::string& peer : peers) {
    if (IsHostName(peer) || CheckAddressRanges({peer}).empty()) continue;
    return "\"" + peer + "\" is no address, network or host name; write such as \"10.0.0.7\", " +
           "\"10.0.0.0/8\" or \"feed.example.com\"";
  }
  return {};
}

std::string CheckRemoteHosts(const std::string& text) {
  if (text.empty() || !ParseRemoteHosts(text, 1).empty()) return {};
  return "\"" + text + "\" names no host to dial; write such as \"feed.example.com\", " +
         "\"10.0.0.7:6661\" or \"[2001:db8::7]:6661\", several with commas";
}

std::string CheckAddressRanges(const std::vector<std::string>& ranges) {
  for (const std::string& range : ranges) {
    const std::size_t slash = range.find('/');
    const std::string address = range.substr(0, slash);
    bool good = CheckAddress(address).empty();
    if (slash != std::string::npos) {
      const int most = address.find(':') == std::string::npos ? 32 : 128;
      const auto bits = ParseNumber<int>(std::string_view(range).substr(slash + 1));
      good = good && bits && *bits >= 0 && *bits <= most;
    }
    if (!good) {
      return "\"" + range + "\" is no address or network; write such as \"10.0.0.7\", " +
             "\"10.0.0.0/8\" or \"2001:db8::/32\"";
    }
  }
  return {};
}

std::string CheckOrigins(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    if (origin != "*" && !IsOrigin(origin)) {
      return "\"" + origin +
             "\" is no origin; write \"*\" or scheme://host[:port] in lower case, such as " +
             "\"https://app.example.com\"";
    }
  }
  return {};
}

std::string CheckHeaders(const std::vector<NameValue>& headers) {
  for (const NameValue& header : headers) {
    if (!IsToken(header.name)) {
      return "\"" + header.name + "\" is no header name; write letters, digits and dashes";
    }
    if (IsServersOwn(Lower(header.name))) {
      return "the server itself decides " + header.name + "; leave it out";
    }
    if (HasControl(header.value)) {
      return "the value of " + header.name + " holds a control character; write printable text";
    }
  }
  return {};
}

std::string CheckEchoes(const std::vector<std::string>& names) {
  std::vector<NameValue> headers;
  for (const std::string& name : names) headers.push_back({name, ""});
  return CheckHeaders(headers);
}

std::string CheckRemoteParams(const std::vector<NameValue>& params) {
  constexpr std::string_view kOwn[] = {"ari.version",        "keepalive_hint.millis",
                                       "adapters_conf.id",   "data_provider.name",
                                       "server.instance_id", "proxy.instance_id"};
  std::vector<std::string_view> seen;
  for (const NameValue& param : params) {
    if (param.name.empty()) return "a name is empty; write the name that the adapter expects";
    if (std::find(std::begin(kOwn), std::end(kOwn), Lower(param.name)) != std::end(kOwn)) {
      return "the server itself sends " + param.name + "; leave it out";
    }
    if (std::find(seen.begin(), seen.end(), param.name) != seen.end()) {
      return "\"" + param.name + "\" is there twice; write each name once";
    }
    seen.push_back(param.name);
  }
  return {};
}

std::string CheckCredentials(const std::vector<Credential>& credentials) {
  for (const Credential& credential : credentials) {
    if (credential.user.empty() || credential.password.empty()) {
      return "a user or a password is empty; write both, as { user = \"...\", password = \"...\" }";
    }
  }
  return {};
}

std::string CheckUsers(const std::vector<std::string>& users) {
  if (users.empty()) return "names nobody; write the names, or leave it out to let everybody in";
  if (std::find(users.begin(), users.end(), "") != users.end()) {
    return "an empty name is no user; write the names of users";
  }
  return {};
}

std::string CheckCertificates(const std::vector<TlsCertificate>& certificates) {
  if (certificates.empty()) {
    return "is empty; write [{ certificate_file = \"server.pem\", key_file = \"server.key\" }]";
  }
  for (const TlsCertificate& one : certificates) {
    if (one.certificate_file.empty()) return "a certificate_file is empty; name a PEM file";
    if (one.key_file.empty()) return "a key_file is empty; name a PEM file";
  }
  return {};
}

std::string CheckPattern(const std::string& text) {
  if (text.empty()) return "is empty; write a pattern, such as \"item.*\"";
  const re2::RE2 pattern(text, re2::RE2::Quiet);
  if (pattern.ok()) return {};
  return "\"" + text + "\" is no RE2 pattern: " + pattern.error() +
         "; mend it (RE2 has no lookaround, no backreferences and no possessive quantifiers)";
}

std::string CheckPatterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (std::string wrong = CheckPattern(pattern); !wrong.empty()) return wrong;
  }
  return {};
}

void FinishSet(const std::vector<Place>& places, LoadedSet* loaded, Problems* problems) {
  AdapterSet& set = loaded->set;
  if (set.metadata_adapter && set.metadata_adapter->proxy.name.empty()) {
    set.metadata_adapter->proxy.name = set.id;
  }
  if (set.data_adapters.empty()) {
    problems->Add(loaded->place, "",
                  "adapter set \"" + set.id + "\" has no Data Adapter; give it at least one");
  }
  for (std::size_t i = 0; i < set.data_adapters.size(); ++i) {
    DataAdapter& adapter = set.data_adapters[i];
    if (adapter.proxy.name.empty()) adapter.proxy.name = set.id + "." + adapter.name;
    for (std::size_t j = 0; j < i; ++j) {
      if (set.data_adapters[j].name != adapter.name) continue;
      problems->Add(places[i], "",
                    "the set has a Data Adapter \"" + adapter.name + "\" already (" +
                        ToString(places[j]) + "); give each a name of its own");
      break;
    }
  }
  CheckAdapterUses(*loaded, problems);
}

void CheckAuth(const Place& place, const std::string& key, const ProxySettings& proxy,
               Problems* problems) {
  const bool has_any = !proxy.credentials.empty() || !proxy.tokens.empty();
  if (proxy.auth && !has_any) {
    problems->Add(place, key, "is on, but there are no credentials; add some, or turn it off");
  }
  if (!proxy.auth && has_any) {
    problems->Add(place, key, "is off, but there are credentials; turn it on, or remove them");
  }
}

void FinishDisconnection(const Place& place, const std::string& key, bool set_mode, bool set_code,
                         MetadataAdapter* adapter, Problems* problems) {
  constexpr auto kSendCode = NotifyUserOnDisconnection::kSendCode;
  if (set_code && !set_mode) adapter->notify_user_on_disconnection = kSendCode;
  const bool sends_code = adapter->notify_user_on_disconnection == kSendCode;
  if (sends_code && !set_code) {
    problems->Add(place, key,
                  "send_code needs a code; add notify_user_disconnection_code, 0 or less");
  }
  if (!sends_code && (set_code || !adapter->notify_user_disconnection_message.empty())) {
    problems->Add(place, key, "a code and its text go with send_code only; remove them");
  }
}

void CheckSetIds(const std::vector<LoadedSet>& sets, Problems* problems) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (sets[i].set.id != sets[j].set.id) continue;
      problems->Add(sets[i].place, "",
                    "there is an adapter set \"" + sets[i].set.id + "\" already (" +
                        ToString(sets[j].place) + "); give each an id of its own");
      break;
    }
  }
}

void CheckPorts(const std::vector<PortUse>& uses, Problems* problems) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const PortUse& later = uses[i];
      const PortUse& earlier = uses[j];
      if (later.port != earlier.port) continue;
      if (!Covers(later, earlier) && !Covers(earlier, later)) continue;
      const bool is_shared = !later.sharing.empty() && later.sharing == earlier.sharing;
      if (is_shared && later.address == earlier.address) continue;
      problems->Add(later.place, later.key,
                    std::to_string(later.port) + " is taken by " + earlier.what + " (" +
                        ToString(earlier.place) + "); write a port of its own");
      break;
    }
  }
}

}  // namespace penstock::config
