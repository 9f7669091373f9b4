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

// Over gRPC a port may be that of several proxies, if all say the same about it.
std::string SharingOf(const ProxySettings& proxy) {
  if (proxy.transport != AdapterTransport::kGrpc) return {};
  std::string text = "gRPC " + std::to_string(proxy.keepalive_timeout.count());
  if (!proxy.tls) return text;
  const AdapterTls& tls = *proxy.tls;
  for (const std::string* const part :
       {&tls.certificate_file, &tls.key_file, &tls.keystore_file, &tls.keystore_password,
        &tls.keystore_password_file, &tls.ca_file, &tls.truststore_file, &tls.truststore_password,
        &tls.truststore_password_file}) {
    text += '\n' + *part;
  }
  text += tls.force_client_auth ? "\nasks " : "\n";
  return text + std::to_string(tls.reload_check.count());
}

// What only one of the transports knows.
void CheckTransport(const TomlTable& table, const ProxySettings& proxy) {
  if (proxy.transport == AdapterTransport::kAri) {
    constexpr char kGrpcOnly[] = "is known over gRPC only; remove it, or add transport = \"grpc\"";
    if (!proxy.tokens.empty()) table.Add("tokens", kGrpcOnly);
    if (!proxy.certificate_names.empty()) table.Add("certificate_names", kGrpcOnly);
    return;
  }
  constexpr char kAriOnly[] = "is not known over gRPC; remove it, or transport = \"grpc\"";
  if (table.Has("notify_port")) table.Add("notify_port", kAriOnly);
  const bool dials = !proxy.remote_host.empty();
  if (!proxy.certificate_names.empty() && !(proxy.tls && (dials || proxy.tls->force_client_auth))) {
    table.Add("certificate_names",
              dials ? "needs tls; add it" : "needs tls with force_client_auth = true; add it");
  }
  if (!proxy.tls) return;
  const AdapterTls defaults;
  AdapterTls known = *proxy.tls;
  known.min_version = defaults.min_version;
  known.max_version = defaults.max_version;
  known.ciphers = defaults.ciphers;
  known.cipher_suites = defaults.cipher_suites;
  known.allow_cipher_suites.clear();
  known.remove_cipher_suites.clear();
  known.prefer_server_ciphers = defaults.prefer_server_ciphers;
  if (known != *proxy.tls) {
    table.Add("tls", "leaves versions and ciphers to gRPC; remove them, or transport = \"grpc\"");
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
       "the Metadata Adapter of " + loaded->set.id, table->PlaceOf("request_reply_port"),
       /*ipv6_only=*/false, SharingOf(adapter.proxy)});
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
    loaded->ports.push_back({adapter.proxy.address, *port, table->PathOf(key), what,
                             table->PlaceOf(key),
                             /*ipv6_only=*/false, SharingOf(adapter.proxy)});
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
  CheckTransport(*table, *proxy);
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
