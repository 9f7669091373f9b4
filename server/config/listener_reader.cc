// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/listener_reader.h"

#include <optional>
#include <utility>

#include "config/files.h"
#include "config/problems.h"
#include "config/schema.h"

namespace penstock::config {

void ListenerReader::ReadAll(TomlTable* top, std::vector<Listener>* listeners,
                             std::vector<PortUse>* ports) const {
  if (!top->Has("listener")) {
    const Listener& only = listeners->front();
    ports->push_back(
        {only.address, only.port, "listener.port", "the default listener", {file_, 0}});
  } else {
    listeners->clear();
  }
  std::vector<Place> places;
  for (TomlTable& table : top->Subs("listener")) {
    Listener listener = Read(&table);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if ((*listeners)[i].name != listener.name) continue;
      table.Add("name", "there is a listener \"" + listener.name + "\" already (" +
                            ToString(places[i]) + "); give each a name of its own");
      break;
    }
    ports->push_back({listener.address, listener.port, table.PathOf("port"),
                      "listener " + listener.name, table.PlaceOf("port"), listener.ipv6_only});
    places.push_back(table.PlaceOf("name"));
    listeners->push_back(std::move(listener));
  }
}

Listener ListenerReader::Read(TomlTable* table) const {
  Listener listener;
  table->Read(ListenerKeys(), &listener);
  if (std::optional<TomlTable> tls = table->Sub("tls")) ReadTls(&*tls, &listener.tls.emplace());
  table->RefuseUnknownKeys();
  if (listener.proxy_protocol && listener.skip_local_forwards > 0) {
    table->Add("skip_local_forwards",
               "goes not together with proxy_protocol: both tell who the client is; keep one");
  }
  if (listener.ipv6_only && listener.address.find(':') == std::string::npos) {
    table->Add("ipv6_only", "is on, but the address is IPv4; turn it off, or write \"::\"");
  }
  return listener;
}

void ListenerReader::ReadTls(TomlTable* table, Tls* tls) const {
  table->Read(TlsKeys(), tls);
  table->RefuseUnknownKeys();
  if (!table->Has("certificates")) {
    table->Add(
        "certificates",
        "is absent; write [{ certificate_file = \"server.pem\", key_file = \"server.key\" }]");
  }
  const bool asks = tls->client_certificates != ClientCertificates::kNone;
  if (asks && tls->client_ca_file.empty()) {
    table->Add("client_certificates",
               "needs client_ca_file: who may have signed them; name a PEM file");
  } else if (!asks && !tls->client_ca_file.empty()) {
    table->Add("client_ca_file",
               "means nothing with client_certificates = \"none\"; remove one of the two");
  }
  for (TlsCertificate& one : tls->certificates) {
    one.certificate_file = ResolvePath(one.certificate_file, file_);
    one.key_file = ResolvePath(one.key_file, file_);
  }
  tls->client_ca_file = ResolvePath(tls->client_ca_file, file_);
  tls->certificate_places = table->PlacesOf("certificates");
  tls->ciphers_place = table->PlaceOf("ciphers");
  tls->cipher_suites_place = table->PlaceOf("cipher_suites");
  tls->client_ca_place = table->PlaceOf("client_ca_file");
}

}  // namespace penstock::config
