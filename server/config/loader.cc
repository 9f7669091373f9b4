// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/loader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "config/adapters_xml.h"
#include "config/checks.h"
#include "config/files.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/suggest.h"
#include "config/toml_library.h"

namespace penstock::config {
namespace {

int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

std::string_view KindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or a time";
  }
}

std::string_view Wanted(Type type) {
  switch (type) {
    case Type::kInteger:
      return "a whole number";
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "true or false";
    case Type::kText:
      return "text in quotes";
    case Type::kTexts:
      return "a list of texts, such as [\"a\", \"b\"]";
    case Type::kNameValues:
      return "a list such as [{ name = \"n\", value = \"v\" }]";
    case Type::kCredentials:
      return "a list such as [{ user = \"u\", password = \"p\" }]";
    case Type::kCertificates:
      return "a list such as [{ certificate_file = \"f.pem\", key_file = \"f.key\" }]";
  }
  return {};
}

// The two texts of a table that has these two keys and no other.
std::optional<std::pair<std::string, std::string>> TwoTexts(const toml::node& node,
                                                            std::string_view key1,
                                                            std::string_view key2) {
  const toml::table* const table = node.as_table();
  if (table == nullptr || table->size() != 2) return std::nullopt;
  const auto value1 = (*table)[key1].value_exact<std::string>();
  const auto value2 = (*table)[key2].value_exact<std::string>();
  if (!value1 || !value2) return std::nullopt;
  return std::pair(*value1, *value2);
}

// Every element of a list by `convert`; nothing if one of them cannot.
template <class T, class Convert>
std::optional<Value> ListOf(const toml::node& node, Convert convert) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<T> values;
  for (const toml::node& element : *array) {
    auto value = convert(element);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return Value(std::move(values));
}

// The node as a Value of this type, without conversions between types.
std::optional<Value> ValueOf(const toml::node& node, Type type) {
  switch (type) {
    case Type::kInteger:
      if (const auto value = node.value_exact<std::int64_t>()) return Value(*value);
      return std::nullopt;
    case Type::kNumber:
      if (const auto whole = node.value_exact<std::int64_t>()) {
        return Value(static_cast<double>(*whole));
      }
      if (const auto number = node.value_exact<double>()) return Value(*number);
      return std::nullopt;
    case Type::kBoolean:
      if (const auto value = node.value_exact<bool>()) return Value(*value);
      return std::nullopt;
    case Type::kText:
      if (auto value = node.value_exact<std::string>()) return Value(std::move(*value));
      return std::nullopt;
    case Type::kTexts:
      return ListOf<std::string>(
          node, [](const toml::node& element) { return element.value_exact<std::string>(); });
    case Type::kNameValues:
      return ListOf<NameValue>(node, [](const toml::node& element) -> std::optional<NameValue> {
        auto texts = TwoTexts(element, "name", "value");
        if (!texts) return std::nullopt;
        return NameValue{std::move(texts->first), std::move(texts->second)};
      });
    case Type::kCredentials:
      return ListOf<Credential>(node, [](const toml::node& element) -> std::optional<Credential> {
        auto texts = TwoTexts(element, "user", "password");
        if (!texts) return std::nullopt;
        return Credential{std::move(texts->first), std::move(texts->second)};
      });
    case Type::kCertificates:
      return ListOf<TlsCertificate>(
          node, [](const toml::node& element) -> std::optional<TlsCertificate> {
            auto texts = TwoTexts(element, "certificate_file", "key_file");
            if (!texts) return std::nullopt;
            return TlsCertificate{std::move(texts->first), std::move(texts->second)};
          });
  }
  return std::nullopt;
}

// Where a key that does not belong here does belong: "[limits] max_sessions"; empty if nowhere.
std::string ElsewhereOf(std::string_view name) {
  static const std::vector<KeyInfo> keys = AllKeys();
  for (const KeyInfo& key : keys) {
    if (key.name != name) continue;
    return key.section.empty() ? key.name + " at the top" : "[" + key.section + "] " + key.name;
  }
  return {};
}

// A TOML table that is being read, and the keys that it may have.
class Table {
 public:
  Table(const toml::table& node, std::string path, const std::string& file, Problems* problems)
      : node_(node), path_(std::move(path)), file_(file), problems_(problems) {}

  bool Has(std::string_view name) const { return node_.contains(name); }
  // Of the key, or of the table if it has no such key.
  Place PlaceOf(std::string_view name) const {
    for (const auto& [key, value] : node_) {
      if (key.str() == name) return {file_, static_cast<int>(key.source().begin.line)};
    }
    return place();
  }
  Place place() const { return {file_, LineOf(node_)}; }
  // Of each element of a list.
  std::vector<Place> PlacesOf(std::string_view name) const {
    std::vector<Place> places;
    if (const toml::array* const array = node_[name].as_array()) {
      for (const toml::node& element : *array) places.push_back({file_, LineOf(element)});
    }
    return places;
  }
  std::string PathOf(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

  template <class S>
  void Read(std::span<const Key<S>> keys, S* into) {
    for (const Key<S>& key : keys) {
      known_.push_back(key.name);
      const toml::node* const node = node_.get(key.name);
      if (node != nullptr) ReadKey(key, *node, into);
    }
  }

  // Nothing if it is absent or no table.
  std::optional<Table> Sub(std::string_view name) {
    known_.push_back(name);
    const toml::node* const node = node_.get(name);
    if (node == nullptr) return std::nullopt;
    if (!node->is_table()) {
      Add(name, "is " + std::string(KindOf(*node)) + "; write [" + PathOf(name) + "]");
      return std::nullopt;
    }
    return Table(*node->as_table(), PathOf(name), file_, problems_);
  }

  std::vector<Table> Subs(std::string_view name) {
    known_.push_back(name);
    std::vector<Table> tables;
    const toml::node* const node = node_.get(name);
    if (node == nullptr) return tables;
    const toml::array* const array = node->as_array();
    if (array == nullptr ||
        !std::all_of(array->begin(), array->end(), [](const auto& e) { return e.is_table(); })) {
      Add(name, "is " + std::string(array ? "no list of tables" : KindOf(*node)) + "; write [[" +
                    PathOf(name) + "]] above each");
      return tables;
    }
    for (const toml::node& element : *array) {
      tables.emplace_back(*element.as_table(), PathOf(name), file_, problems_);
    }
    return tables;
  }

  // A key whose problem is told already.
  void Refuse(std::string_view name, const std::string& text) {
    if (!Has(name)) return;
    Add(name, text);
    refused_.push_back(name);
  }

  // After everything was read: what is left is nobody's.
  void RefuseUnknownKeys() const {
    for (const auto& [key, value] : node_) {
      const std::string_view name = key.str();
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      if (std::find(refused_.begin(), refused_.end(), name) != refused_.end()) continue;
      problems_->Add({file_, static_cast<int>(key.source().begin.line)}, PathOf(name),
                     "is no key; " + Advice(name));
    }
  }

  void Add(std::string_view name, const std::string& text) const {
    problems_->Add(PlaceOf(name), PathOf(name), text);
  }

 private:
  std::string Advice(std::string_view name) const {
    if (const std::string_view text = NotThereYet(name); !text.empty()) return std::string(text);
    if (const std::string place = ElsewhereOf(name); !place.empty()) {
      return "did you mean " + place + "?";
    }
    const std::string_view nearest = Nearest(name, known_);
    if (!nearest.empty()) return "did you mean " + std::string(nearest) + "?";
    return "the keys here are " + Enumerate(known_);
  }

  template <class S>
  void ReadKey(const Key<S>& key, const toml::node& node, S* into) {
    const std::optional<Value> value = ValueOf(node, key.type);
    if (!value) {
      const std::string_view kind = KindOf(node);
      // A list in place of a list has the wrong elements.
      Add(key.name,
          "is " +
              std::string(node.is_array() && key.type >= Type::kTexts ? "a list of something else"
                                                                      : kind) +
              "; write " + std::string(Wanted(key.type)));
      return;
    }
    if (const std::string wrong = OutOfRange(*value, key.min, key.max); !wrong.empty()) {
      Add(key.name, wrong);
      return;
    }
    if (key.check != nullptr) {
      if (const std::string wrong = key.check(*value); !wrong.empty()) {
        Add(key.name, wrong);
        return;
      }
    }
    if (!key.assign(*into, *value)) {
      Add(key.name, ToToml(*value) + " is no choice; write " + std::string(key.choices));
    }
  }

  const toml::table& node_;
  std::string path_;
  const std::string& file_;
  Problems* problems_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> refused_;
};

// One load of one file.
class Loader {
 public:
  explicit Loader(const std::string& file) : file_(file) {}

  StatusOr<Settings> Load(std::string_view text) {
    const toml::parse_result parsed = toml::parse(text, file_);
    if (!parsed) {
      const toml::parse_error& error = parsed.error();
      problems_.Add({file_, static_cast<int>(error.source().begin.line)}, "",
                    "is no TOML: " + std::string(error.description()) + "; mend it first");
      return problems_.ToStatus();
    }
    Table top(parsed.table(), "", file_, &problems_);
    top.Read(TopKeys(), &settings_);
    ReadSection(&top, "server", ServerKeys(), &settings_.server);
    ReadListeners(&top);
    ReadSession(&top);
    ReadSection(&top, "delivery", DeliveryKeys(), &settings_.delivery);
    ReadSection(&top, "messages", MessagesKeys(), &settings_.messages);
    ReadSection(&top, "limits", LimitsKeys(), &settings_.limits);
    ReadLog(&top);
    ReadSection(&top, "http", HttpKeys(), &settings_.http);
    ReadSection(&top, "websocket", WebSocketKeys(), &settings_.websocket);
    ReadPages(&top);
    for (Table& table : top.Subs("adapter_set")) ReadSet(&table);
    top.RefuseUnknownKeys();
    ReadAdaptersFiles(top);
    CheckSetIds(sets_, &problems_);
    for (LoadedSet& loaded : sets_) {
      ports_.insert(ports_.end(), loaded.ports.begin(), loaded.ports.end());
      settings_.adapter_sets.push_back(std::move(loaded.set));
    }
    CheckPorts(ports_, &problems_);
    if (!problems_.empty()) return problems_.ToStatus();
    return std::move(settings_);
  }

 private:
  template <class S>
  void ReadSection(Table* top, std::string_view name, std::span<const Key<S>> keys, S* into) {
    std::optional<Table> table = top->Sub(name);
    if (!table) return;
    table->Read(keys, into);
    table->RefuseUnknownKeys();
  }

  void ReadListeners(Table* top) {
    if (!top->Has("listener")) {
      ports_.push_back({settings_.listeners[0].address,
                        settings_.listeners[0].port,
                        "listener.port",
                        "the default listener",
                        {file_, 0}});
    } else {
      settings_.listeners.clear();
    }
    std::vector<Place> places;
    for (Table& table : top->Subs("listener")) {
      Listener listener;
      table.Read(ListenerKeys(), &listener);
      if (std::optional<Table> tls = table.Sub("tls")) ReadTls(&*tls, &listener.tls.emplace());
      table.RefuseUnknownKeys();
      if (listener.proxy_protocol && listener.skip_local_forwards > 0) {
        table.Add("skip_local_forwards",
                  "goes not together with proxy_protocol: both tell who the client is; keep one");
      }
      if (listener.ipv6_only && listener.address.find(':') == std::string::npos) {
        table.Add("ipv6_only", "is on, but the address is IPv4; turn it off, or write \"::\"");
      }
      for (std::size_t i = 0; i < places.size(); ++i) {
        if (settings_.listeners[i].name != listener.name) continue;
        table.Add("name", "there is a listener \"" + listener.name + "\" already (" +
                              ToString(places[i]) + "); give each a name of its own");
        break;
      }
      ports_.push_back({listener.address, listener.port, table.PathOf("port"),
                        "listener " + listener.name, table.PlaceOf("port"), listener.ipv6_only});
      places.push_back(table.PlaceOf("name"));
      settings_.listeners.push_back(std::move(listener));
    }
  }

  void ReadTls(Table* table, Tls* tls) {
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

  void ReadSession(Table* top) {
    std::optional<Table> table = top->Sub("session");
    if (!table) return;
    Session& session = settings_.session;
    table->Read(SessionKeys(), &session);
    table->RefuseUnknownKeys();
    if (session.keepalive < session.keepalive_min || session.keepalive > session.keepalive_max) {
      table->Add(
          "keepalive_millis",
          std::to_string(session.keepalive.count()) + " is not within keepalive_min_millis (" +
              std::to_string(session.keepalive_min.count()) + ") and keepalive_max_millis (" +
              std::to_string(session.keepalive_max.count()) + "); write min <= this <= max");
    }
    if (session.content_length < session.content_length_min) {
      table->Add("content_length_bytes", std::to_string(session.content_length) +
                                             " is less than content_length_min_bytes (" +
                                             std::to_string(session.content_length_min) +
                                             "); write no less than that");
    }
  }

  void ReadLog(Table* top) {
    std::optional<Table> table = top->Sub("log");
    if (!table) return;
    table->Read(LogKeys(), &settings_.log);
    settings_.log.file = ResolvePath(settings_.log.file, file_);
    ReadSection(&*table, "areas", LogAreaKeys(), &settings_.log);
    table->RefuseUnknownKeys();
  }

  void ReadPages(Table* top) {
    std::optional<Table> table = top->Sub("pages");
    if (!table) return;
    table->Read(PagesKeys(), &settings_.pages);
    std::string& dir = settings_.pages.dir;
    dir = ResolvePath(dir, file_);
    if (!dir.empty() && !IsFolder(dir)) {
      table->Add("dir", "\"" + dir + "\" is no folder; name one that exists, or \"\" for none");
    }
    table->RefuseUnknownKeys();
  }

  // The keys that both kinds of adapter have, and the rules between them.
  template <class Adapter>
  void ReadProxy(Table* table, std::span<const Key<Adapter>> own_keys, ProxySettings* proxy) {
    table->Read(ProxyKeys(), proxy);
    CheckAuth(table->PlaceOf(proxy->auth ? "auth" : "credentials"), table->PathOf("auth"), *proxy,
              &problems_);
    ReadLink(table, proxy);
    if (proxy->robust) return;
    RefuseRobustOnly(*table, ProxyKeys());
    RefuseRobustOnly(*table, own_keys);
  }

  // Who connects to whom, and TLS. A key at its default says nothing, so that what Describe()
  // writes can be read.
  void ReadLink(Table* table, ProxySettings* proxy) {
    const ProxySettings defaults;
    const bool dials = !proxy->remote_host.empty();
    constexpr char kDials[] =
        "means nothing with remote_host, for the server dials; remove one of the two";
    constexpr char kNoDialing[] = "means nothing without remote_host; remove it, or add that";
    if (dials && proxy->address != defaults.address) table->Add("address", kDials);
    if (dials && !proxy->address_allow_list.empty()) table->Add("address_allow_list", kDials);
    if (dials && table->Has("notify_port")) table->Add("notify_port", kDials);
    if (!dials && proxy->connection_retry != defaults.connection_retry) {
      table->Add("connection_retry_millis", kNoDialing);
    }
    std::optional<Table> sub = table->Sub("tls");
    if (!sub) return;
    AdapterTls& tls = proxy->tls.emplace();
    tls.place = sub->place();
    sub->Read(AdapterTlsKeys(), &tls);
    sub->RefuseUnknownKeys();
    if (dials && tls.force_client_auth) sub->Add("force_client_auth", kDials);
    if (dials && !tls.prefer_server_ciphers) sub->Add("prefer_server_ciphers", kDials);
    if (!dials && tls.skip_hostname_check) sub->Add("skip_hostname_check", kNoDialing);
    if (!dials && tls.has_authorities() && !tls.force_client_auth) {
      sub->Add(tls.ca_file.empty() ? "truststore_file" : "ca_file",
               "means nothing without force_client_auth = true; remove it, or add that");
    }
    for (std::string* const path :
         {&tls.certificate_file, &tls.key_file, &tls.keystore_file, &tls.keystore_password_file,
          &tls.ca_file, &tls.truststore_file, &tls.truststore_password_file}) {
      *path = ResolvePath(*path, file_);
    }
    CheckAdapterTls(
        *proxy, [&sub](std::string_view key) { return sub->PathOf(key); }, &problems_);
  }

  template <class S>
  static void RefuseRobustOnly(const Table& table, std::span<const Key<S>> keys) {
    for (const Key<S>& key : keys) {
      if (key.robust_only && table.Has(key.name)) {
        table.Add(key.name, "means nothing with robust = false; remove it, or robust = false");
      }
    }
  }

  void ReadPolicy(Table* table, LoadedSet* loaded) {
    Policy& policy = loaded->set.policy;
    table->Read(PolicyKeys(), &policy);
    if (policy.allowed_users && !policy.credentials.empty()) {
      table->Add("credentials", "and allowed_users both say who may enter; write one of them");
    }
    for (Table& family : table->Subs("item_family")) ReadFamily(&family, loaded);
    table->RefuseUnknownKeys();
  }

  void ReadFamily(Table* table, LoadedSet* loaded) {
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

  void ReadSet(Table* table) {
    LoadedSet loaded;
    loaded.place = table->PlaceOf("id");
    table->Read(AdapterSetKeys(), &loaded.set);
    if (std::optional<Table> metadata = table->Sub("metadata_adapter")) {
      ReadMetadataAdapter(&*metadata, &loaded);
    }
    if (std::optional<Table> policy = table->Sub("policy")) {
      ReadPolicy(&*policy, &loaded);
      if (loaded.set.metadata_adapter) {
        table->Add("policy", "is for a set without a Metadata Adapter; remove one of the two");
      }
    }
    std::vector<Place> places;
    for (Table& data : table->Subs("data_adapter")) {
      ReadDataAdapter(&data, &loaded);
      places.push_back(data.PlaceOf("name"));
    }
    table->RefuseUnknownKeys();
    FinishSet(places, &loaded, &problems_);
    sets_.push_back(std::move(loaded));
  }

  void ReadMetadataAdapter(Table* table, LoadedSet* loaded) {
    MetadataAdapter& adapter = loaded->set.metadata_adapter.emplace();
    table->Read(MetadataAdapterKeys(), &adapter);
    ReadProxy(table, MetadataAdapterKeys(), &adapter.proxy);
    table->Refuse("notify_port", "is no key of a Metadata Adapter, which connects once; remove it");
    constexpr std::string_view kMode = "notify_user_on_disconnection";
    constexpr std::string_view kCode = "notify_user_disconnection_code";
    const bool set_mode = table->Has(kMode);
    FinishDisconnection(table->PlaceOf(set_mode ? kMode : kCode), table->PathOf(kMode), set_mode,
                        table->Has(kCode), &adapter, &problems_);
    table->RefuseUnknownKeys();
    if (!adapter.proxy.remote_host.empty()) return;
    loaded->ports.push_back({adapter.proxy.address, adapter.proxy.request_reply_port,
                             table->PathOf("request_reply_port"),
                             "the Metadata Adapter of " + loaded->set.id,
                             table->PlaceOf("request_reply_port")});
  }

  void ReadDataAdapter(Table* table, LoadedSet* loaded) {
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

  void ReadAdaptersFiles(const Table& top) {
    for (std::string& path : settings_.adapters_files) {
      path = ResolvePath(path, file_);
      const StatusOr<std::string> text = ReadWholeFile(path);
      if (!text.ok()) {
        top.Add("adapters_files", std::string(Message(text.status())));
        continue;
      }
      auto loaded = ParseAdaptersXml(*text, path, &settings_.notes, &problems_);
      if (loaded) sets_.push_back(std::move(*loaded));
    }
  }

  const std::string& file_;
  Problems problems_;
  Settings settings_;
  std::vector<LoadedSet> sets_;
  std::vector<PortUse> ports_;
};

}  // namespace

StatusOr<Settings> LoadFile(const std::string& path) {
  const StatusOr<std::string> text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  return LoadString(*text, path);
}

StatusOr<Settings> LoadString(std::string_view text, const std::string& name) {
  return Loader(name).Load(text);
}

}  // namespace penstock::config
