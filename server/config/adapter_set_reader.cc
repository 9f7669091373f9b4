// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/adapter_set_reader.h"

#include <utility>
#include <vector>

#include "config/files.h"

namespace penstock::config {

namespace {

constexpr char kDials[] =
    "means nothing with remote_host, for the server dials; remove one of the two";
constexpr char kNoDialing[] = "means nothing without remote_host; remove it, or add that";

template <class S>
void RefuseRobustOnly(const TomlTable& table, std::span<const Key<S>> keys) {
  for (const Key<S>& key : keys) {
    if (key.robust_only && table.Has(key.name)) {
      table.Add(key.name, "means nothing with robust = false; remove it, or robust = false");
    }
  }
}

}  // namespace

LoadedSet AdapterSetReader::Read(TomlTable* table) {
  LoadedSet loaded;
  loaded.place = table->PlaceOf("id");
  table->Read(AdapterSetKeys(), &loaded.set);
  if (std::optional<TomlTable> metadata = table->Sub("metadata_adapter")) {
    ReadMetadataAdapter(&*metadata, &loaded);
  }
  if (std::optional<TomlTable> policy = table->Sub("policy")) {
    ReadPolicy(&*policy, &loaded);
    if (loaded.set.metadata_adapter) {
      table->Add("policy", "is for a set without a Metadata Adapter; remove one of the two");
    }
  }
  std::vector<Place> places;
  for (TomlTable& data : table->Subs("data_adapter")) {
    ReadDataAdapter(&data, &loaded);
    places.push_back(data.PlaceOf("name"));
  }
  table->RefuseUnknownKeys();
  FinishSet(places, &loaded, problems_);
  return loaded;
}

void AdapterSetReader::ReadMetadataAdapter(TomlTable* table, LoadedSet* loaded) {
  MetadataAdapter& adapter = loaded->set.metadata_adapter.emplace();
  table->Read(MetadataAdapterKeys(), &adapter);
  ReadProxy(table, MetadataAdapterKeys(), &adapter.proxy);
  table->Refuse("notify_port", "is no key of a Metadata Adapter, which connects once; remove it");
  constexpr std::string_view kMode = "notify_user_on_disconnection";
  constexpr std::string_view kCode = "notify_user_disconnection_code";
  const bool set_mode = table->Has(kMode);
  FinishDisconnection(table->PlaceOf(set_mode ? kMode : kCode), table->PathOf(kMode), set_mode,
                      table->Has(kCode), &adapter, problems_);
  table->RefuseUnknownKeys();
  if (!adapter.proxy.remote_host.empty()) return;
  loaded->ports.push_back(
      {adapter.proxy.address, adapter.proxy.request_reply_port, table->PathOf("request_reply_port"),
       "the Metadata Adapter of " + loaded->set.id, table->PlaceOf("request_reply_port")});
}

void AdapterSetReader::ReadDataAdapter(TomlTable* table, LoadedSet* loaded) {
  DataAdapter adapter;
  table->Read(DataAdapterKeys(), &adapter);
  ReadProxy(table, DataAdapterKeys(), &adapter.proxy);
  table->RefuseUnknownKeys();
  const std::string what = "Data Adapter " + adapter.name + " of " + loaded->set.id;
  for (const std::string_view key : {"request_reply_port", "notify_port"}) {
    const auto port = key == "notify_port" ? adapter.notify_port
                                           : std::optional(adapter.proxy.request_reply_port);
    if (!port || !adapter.proxy.remote_host.empty()) continue;
    loaded->ports.push_back(
        {adapter.proxy.address, *port, table->PathOf(key), what, table->PlaceOf(key)});
  }
  loaded->set.data_adapters.push_back(std::move(adapter));
}

template <class Adapter>
void AdapterSetReader::ReadProxy(TomlTable* table, std::span<const Key<Adapter>> own_keys,
                                 ProxySettings* proxy) {
  table->Read(ProxyKeys(), proxy);
  CheckAuth(table->PlaceOf(proxy->auth ? "auth" : "credentials"), table->PathOf("auth"), *proxy,
            problems_);
  ReadLink(table, proxy);
  if (proxy->robust) return;
  RefuseRobustOnly(*table, ProxyKeys());
  RefuseRobustOnly(*table, own_keys);
}

// A key at its default says nothing, so that what Describe() writes can be read.
void AdapterSetReader::ReadLink(TomlTable* table, ProxySettings* proxy) {
  const ProxySettings defaults;
  const bool dials = !proxy->remote_host.empty();
  if (dials && proxy->address != defaults.address) table->Add("address", kDials);
  if (dials && !proxy->address_allow_list.empty()) table->Add("address_allow_list", kDials);
  if (dials && table->Has("notify_port")) table->Add("notify_port", kDials);
  if (!dials && proxy->connection_retry != defaults.connection_retry) {
    table->Add("connection_retry_millis", kNoDialing);
  }
  if (std::optional<TomlTable> tls = table->Sub("tls")) ReadTls(&*tls, proxy);
}

void AdapterSetReader::ReadTls(TomlTable* table, ProxySettings* proxy) {
  const bool dials = !proxy->remote_host.empty();
  AdapterTls& tls = proxy->tls.emplace();
  tls.place = table->place();
  table->Read(AdapterTlsKeys(), &tls);
  table->RefuseUnknownKeys();
  if (dials && tls.force_client_auth) table->Add("force_client_auth", kDials);
  if (dials && !tls.prefer_server_ciphers) table->Add("prefer_server_ciphers", kDials);
  if (!dials && tls.skip_hostname_check) table->Add("skip_hostname_check", kNoDialing);
  if (!dials && tls.has_authorities() && !tls.force_client_auth) {
    table->Add(tls.ca_file.empty() ? "truststore_file" : "ca_file",
               "means nothing without force_client_auth = true; remove it, or add that");
  }
  for (std::string* const path :
       {&tls.certificate_file, &tls.key_file, &tls.keystore_file, &tls.keystore_password_file,
        &tls.ca_file, &tls.truststore_file, &tls.truststore_password_file}) {
    *path = ResolvePath(*path, file_);
  }
  CheckAdapterTls(
      *proxy, [table](std::string_view key) { return table->PathOf(key); }, problems_);
}

void AdapterSetReader::ReadPolicy(TomlTable* table, LoadedSet* loaded) {
  Policy& policy = loaded->set.policy;
  table->Read(PolicyKeys(), &policy);
  if (policy.allowed_users && !policy.credentials.empty()) {
    table->Add("credentials", "and allowed_users both say who may enter; write one of them");
  }
  for (TomlTable& family : table->Subs("item_family")) ReadFamily(&family, loaded);
  table->RefuseUnknownKeys();
}

void AdapterSetReader::ReadFamily(TomlTable* table, LoadedSet* loaded) {
  ItemFamily family;
  table->Read(ItemFamilyKeys(), &family);
  table->RefuseUnknownKeys();
  for (const std::string_view key : {"pattern", "modes"}) {
    if (!table->Has(key)) table->Add(key, "is absent; a family has a pattern and its modes");
  }
  if (!family.data_adapter.empty()) {
    loaded->adapter_uses.push_back(
        {family.data_adapter, table->PathOf("data_adapter"), table->PlaceOf("data_adapter")});
  }
  loaded->set.policy.item_families.push_back(std::move(family));
}

}  // namespace penstock::config
