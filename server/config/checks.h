// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/settings.h"

// What a single value must look like, whichever file it comes from. Each gives an empty text, or
// what is wrong and what would be right.
namespace penstock::config {

std::string CheckLabel(const std::string& text);  // not empty, no control character
// [scheme://]host[:port][/path]; may be empty.
std::string CheckControlLink(const std::string& text);
std::string CheckAddress(const std::string& text);  // a numeric IPv4 or IPv6 address
// "10.0.0.7", "10.0.0.0/8", "feed.example.com".
std::string CheckPeers(const std::vector<std::string>& peers);
std::string CheckRemoteHosts(const std::string& text);  // what remote_hosts.h reads; may be empty
std::string CheckAddressRanges(const std::vector<std::string>& ranges);  // "10.0.0.0/8", "::1"
std::string CheckOrigins(const std::vector<std::string>& origins);
std::string CheckHeaders(const std::vector<NameValue>& headers);
std::string CheckEchoes(const std::vector<std::string>& names);
std::string CheckRemoteParams(const std::vector<NameValue>& params);
std::string CheckCredentials(const std::vector<Credential>& credentials);
std::string CheckUsers(const std::vector<std::string>& users);  // some, none of them empty
std::string CheckCertificates(const std::vector<TlsCertificate>& certificates);
std::string CheckPattern(const std::string& text);  // what RE2 knows
std::string CheckPatterns(const std::vector<std::string>& patterns);

// A listening socket that a file asks for.
struct PortUse {
  std::string address;
  std::uint16_t port = 0;
  std::string key;   // of the port, for the error
  std::string what;  // "listener main"
  Place place;
  bool ipv6_only = false;
  // Not empty: may be the port of all that say the same here.
  std::string sharing = {};
};

// A Data Adapter that a family of items names.
struct AdapterUse {
  std::string name;
  std::string key;
  Place place;
};

// An adapter set and where its file says what.
struct LoadedSet {
  AdapterSet set;
  Place place;
  std::vector<PortUse> ports;
  std::vector<AdapterUse> adapter_uses;
};

// What both file formats ask of a set once it is read: labels for its proxies, at least one Data
// Adapter, names that differ, Data Adapters that exist. `places` are those of the Data Adapters.
void FinishSet(const std::vector<Place>& places, LoadedSet* loaded, Problems* problems);

// Credentials that no one asks for, or the reverse; and a code without send_code, or the reverse.
// `set_mode` and `set_code`: the file names that key.
void CheckAuth(const Place& place, const std::string& key, const ProxySettings& proxy,
               Problems* problems);
void FinishDisconnection(const Place& place, const std::string& key, bool set_mode, bool set_code,
                         MetadataAdapter* adapter, Problems* problems);

// What TLS to adapters lacks or has too much of. `name_of`: how the file calls a key.
void CheckAdapterTls(const ProxySettings& proxy,
                     const std::function<std::string(std::string_view)>& name_of,
                     Problems* problems);

void CheckSetIds(const std::vector<LoadedSet>& sets, Problems* problems);

// Two sockets that cannot both listen: the same port on the same address or on one that covers the
// other. "::" covers IPv4 too, unless it is for IPv6 only.
void CheckPorts(const std::vector<PortUse>& uses, Problems* problems);

}  // namespace penstock::config
