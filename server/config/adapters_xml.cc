// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/adapters_xml.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <pugixml.hpp>
#include <utility>

#include "base/parse_number.h"
#include "base/utf8.h"
#include "config/literal_provider.h"
#include "config/schema.h"
#include "config/suggest.h"
#include "config/xml_params.h"
#include "config/xml_tls.h"

namespace penstock::config {
namespace {

std::string_view TextOf(const pugi::xml_node& node) { return Trim(node.child_value()); }

std::string_view AttributeOf(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (SameName(attribute.name(), name)) return Trim(attribute.value());
  }
  return {};
}

// The classes that stand for a proxy; the long names are those of older files.
enum class AdapterClass : std::uint8_t { kNone, kPlainProxy, kRobustProxy, kBuiltInPolicy, kOther };

AdapterClass ClassOf(std::string_view name, bool metadata) {
  if (name.empty()) return AdapterClass::kNone;
  if (SameName(name, "PROXY_FOR_REMOTE_ADAPTER")) return AdapterClass::kPlainProxy;
  if (SameName(name, "ROBUST_PROXY_FOR_REMOTE_ADAPTER")) return AdapterClass::kRobustProxy;
  constexpr std::string_view kOldPackage = "com.lightstreamer.adapters.remote.";
  const std::string old = std::string(kOldPackage) + (metadata ? "metadata." : "data.");
  const std::string end = metadata ? "NetworkedMetadataProvider" : "NetworkedDataProvider";
  if (name == old + end) return AdapterClass::kPlainProxy;
  if (name == old + "Robust" + end) return AdapterClass::kRobustProxy;
  if (metadata && (name == "com.lightstreamer.adapters.metadata.LiteralBasedProvider" ||
                   name == "LiteralBasedProvider")) {
    return AdapterClass::kBuiltInPolicy;
  }
  return AdapterClass::kOther;
}

class XmlReader {
  static constexpr std::string_view kIgnored = "is ignored with remote_host: the server dials";

 public:
  XmlReader(std::string_view text, const std::string& file, std::vector<std::string>* notes,
            Problems* problems)
      : text_(text), file_(file), notes_(notes), problems_(problems) {}

  std::optional<LoadedSet> Read() {
    if (!IsValidUtf8(text_)) {
      problems_->Add({file_, 0}, "", "is not UTF-8; save it as UTF-8");
      return std::nullopt;
    }
    pugi::xml_document document;
    const pugi::xml_parse_result parsed =
        document.load_buffer(text_.data(), text_.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) {
      problems_->Add(PlaceAt(parsed.offset), "",
                     "is no XML: " + std::string(parsed.description()) + "; mend it first");
      return std::nullopt;
    }
    const pugi::xml_node root = document.document_element();
    if (!SameName(root.name(), "adapters_conf")) {
      problems_->Add(PlaceOf(root), root.name(), "is no adapter set; write <adapters_conf id=...>");
      return std::nullopt;
    }
    return ReadSet(root);
  }

 private:
  Place PlaceAt(std::ptrdiff_t offset) const {
    const auto end =
        std::min(text_.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, offset)));
    return {file_, 1 + static_cast<int>(std::count(
                           text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'))};
  }
  Place PlaceOf(const pugi::xml_node& node) const { return PlaceAt(node.offset_debug()); }

  // `name` is not done here. Told once, at its first place.
  void Note(const Place& place, std::string_view name, std::string_view why) {
    const auto [told, is_new] = told_.try_emplace(Lower(name), true);
    if (!is_new) return;
    notes_->push_back(ToString(place) + ": " + std::string(name) + ": " + std::string(why));
  }

  void NoteIgnored(const pugi::xml_node& node) {
    Note(PlaceOf(node), node.name(), "is not done by this server and left out");
  }

  bool ParseFlag(const Place& place, std::string_view key, std::string_view text, bool* value) {
    if (SameName(text, "Y") || SameName(text, "N")) {
      *value = SameName(text, "Y");
      return true;
    }
    problems_->Add(place, key, "\"" + std::string(text) + "\" is no choice; write Y or N");
    return false;
  }

  LoadedSet ReadSet(const pugi::xml_node& root) {
    LoadedSet loaded;
    AdapterSet& set = loaded.set;
    loaded.place = PlaceOf(root);
    set.id = AttributeOf(root, "id");
    if (const std::string wrong = CheckLabel(set.id); !wrong.empty()) {
      problems_->Add(loaded.place, "adapters_conf id", wrong);
    }
    bool has_metadata = false;
    std::size_t set_pending = 0;
    std::vector<Place> places;
    for (const pugi::xml_node& node : root.children()) {
      if (node.type() != pugi::node_element) continue;
      if (SameName(node.name(), "metadata_adapter_initialised_first")) {
        if (!TextOf(node).empty()) {
          ParseFlag(PlaceOf(node), node.name(), TextOf(node),
                    &set.metadata_adapter_initialised_first);
        }
      } else if (SameName(node.name(), "adapter_set_pool")) {
        ReadPool(node, "max_size", &set_pending, nullptr);
      } else if (SameName(node.name(), "metadata_provider")) {
        if (has_metadata) {
          problems_->Add(PlaceOf(node), node.name(), "is there already; a set has one");
        }
        has_metadata = true;
        ReadMetadata(node, &loaded);
      } else if (SameName(node.name(), "data_provider")) {
        if (ReadData(node, &loaded)) places.push_back(PlaceOf(node));
      } else {
        NoteIgnored(node);
      }
    }
    if (!has_metadata) {
      Note(loaded.place, "metadata_provider",
           "is absent; the built-in policy lets in clients on this machine only");
    }
    if (set.metadata_adapter) {
      set.metadata_adapter->requests_max_pending = set_pending;
    } else if (set_pending > 0) {
      Note(loaded.place, "adapter_set_pool", "limits a remote Metadata Adapter; there is none");
    }
    // A set whose Data Adapters are all refused has problems enough.
    if (!set.data_adapters.empty() || problems_->empty()) FinishSet(places, &loaded, problems_);
    return loaded;
  }

  // The class and the parameters of an adapter; every other element is `take`n or reported.
  template <class Take>
  AdapterClass ReadAdapter(const pugi::xml_node& node, bool metadata, XmlParams* params,
                           Take take) {
    AdapterClass adapter_class = AdapterClass::kNone;
    std::string_view class_name;
    Place place = PlaceOf(node);
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      if (SameName(child.name(), "adapter_class")) {
        class_name = TextOf(child);
        place = PlaceOf(child);
        adapter_class = ClassOf(class_name, metadata);
      } else if (SameName(child.name(), "param")) {
        params->Add(
            {std::string(AttributeOf(child, "name")), std::string(TextOf(child)), PlaceOf(child)});
      } else if (!take(child)) {
        NoteIgnored(child);
      }
    }
    if (adapter_class == AdapterClass::kNone) {
      problems_->Add(
          place, "adapter_class",
          "is absent; write ROBUST_PROXY_FOR_REMOTE_ADAPTER or PROXY_FOR_REMOTE_ADAPTER");
    } else if (adapter_class == AdapterClass::kOther) {
      problems_->Add(place, "adapter_class",
                     "\"" + std::string(class_name) +
                         "\" would run inside the server, and adapters do not; make it a remote " +
                         "adapter and write ROBUST_PROXY_FOR_REMOTE_ADAPTER");
    }
    return adapter_class;
  }

  void ReadMetadata(const pugi::xml_node& node, LoadedSet* loaded) {
    XmlParams params;
    MetadataAdapter read;
    const auto take = [this, &read](const pugi::xml_node& child) {
      return ReadMetadataElement(child, &read);
    };
    const AdapterClass adapter_class = ReadAdapter(node, true, &params, take);
    if (adapter_class == AdapterClass::kBuiltInPolicy) {
      ReadLiteral(PlaceOf(node), &params, loaded);
      return;
    }
    if (adapter_class != AdapterClass::kPlainProxy && adapter_class != AdapterClass::kRobustProxy) {
      return;
    }
    MetadataAdapter& adapter = loaded->set.metadata_adapter.emplace(std::move(read));
    adapter.proxy.robust = adapter_class == AdapterClass::kRobustProxy;
    if (const auto* notify = params.Take("notify_port")) {
      problems_->Add(notify->place, notify->name, "is for Data Adapters only; remove it");
    }
    if (adapter.proxy.robust) ReadDisconnection(&params, &adapter);
    ReadProxy(PlaceOf(node), &params, "the Metadata Adapter of " + loaded->set.id, &adapter.proxy,
              loaded);
    if (adapter.proxy.robust) ReadMetadataRecovery(&params, &adapter);
    ReadMillis(&params, "user_data_timeout", 0, Milliseconds(0), &adapter.user_data_timeout);
    ReadYesNo(&params, "clear_on_session_close", &adapter.clear_on_session_close);
    ReportRest(&params, {"notify_user_on_disconnection", "notify_user_disconnection_code",
                         "notify_user_disconnection_msg", "close_notifications_recovery",
                         "user_data_timeout", "clear_on_session_close", "clear_on_new_remote"});
  }

  // What of a Metadata Adapter is no <param>. False: nothing that is known.
  bool ReadMetadataElement(const pugi::xml_node& node, MetadataAdapter* adapter) {
    if (SameName(node.name(), "sequentialize_table_notifications")) {
      if (!TextOf(node).empty()) {
        ParseFlag(PlaceOf(node), node.name(), TextOf(node),
                  &adapter->sequentialize_table_notifications);
      }
    } else if (SameName(node.name(), "authentication_pool")) {
      ReadPool(node, "max_pending_remote_requests", &adapter->authentication_max_pending,
               &adapter->authentication_max_queue);
    } else if (SameName(node.name(), "messages_pool")) {
      ReadPool(node, "max_pending_remote_requests", &adapter->messages_max_pending,
               &adapter->messages_max_queue);
    } else {
      return false;
    }
    return true;
  }

  // A pool of the other server is one of threads. What it means for remote adapters is how many
  // requests may be under way (`pending_name`), and how many wait for that.
  void ReadPool(const pugi::xml_node& node, std::string_view pending_name, std::size_t* pending,
                std::size_t* queue) {
    constexpr std::int64_t kMost = 1'000'000;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element || TextOf(child).empty()) continue;
      const XmlParams::Param param{child.name(), std::string(TextOf(child)), PlaceOf(child)};
      const bool is_pending = SameName(child.name(), pending_name);
      const bool is_queue = queue != nullptr && SameName(child.name(), "max_queue");
      if (!is_pending && !is_queue) {
        Note(param.place, std::string(node.name()) + " " + child.name(),
             "sizes a pool of threads, which this server does not have; left out");
        continue;
      }
      std::int64_t number = 0;
      if (!ReadInteger(param, -kMost, kMost, &number)) continue;
      // Negative: without a limit, which the queue never is.
      if (is_pending) *pending = static_cast<std::size_t>(std::max<std::int64_t>(number, 0));
      if (is_queue) *queue = static_cast<std::size_t>(number < 0 ? kMost : number);
    }
  }

  void ReadMetadataRecovery(XmlParams* params, MetadataAdapter* adapter) {
    ReadYesNo(params, "clear_on_new_remote", &adapter->clear_on_new_remote);
    const auto* const recovery = params->Take("close_notifications_recovery");
    if (recovery != nullptr &&
        !ParseChoice(Lower(recovery->value), &adapter->close_notifications_recovery)) {
      problems_->Add(
          recovery->place, recovery->name,
          "\"" + recovery->value + "\" is no choice; write pessimistic, optimistic or unneeded");
    }
  }

  void ReadYesNo(XmlParams* params, std::string_view name, bool* value) {
    const XmlParams::Param* const param = params->Take(name);
    if (param == nullptr) return;
    if (SameName(param->value, "true") || SameName(param->value, "false")) {
      *value = SameName(param->value, "true");
    } else {
      ParseFlag(param->place, param->name, param->value, value);
    }
  }

  void ReadLiteral(const Place& place, XmlParams* params, LoadedSet* loaded) {
    ReadLiteralProvider(params, loaded, problems_);
    if (!loaded->set.policy.allow_remote) {
      Note(place, "LiteralBasedProvider",
           "lets in clients on this machine only; add <param name=\"allow_remote\">Y</param> to "
           "let in others");
    }
    for (const XmlParams::Param& param : params->all()) {
      if (param.taken) continue;
      NoteParam(param, {"allowed_users", "allow_remote", "max_bandwidth", "max_frequency",
                        "buffer_size", "prefilter_frequency", "distinct_snapshot_length"});
    }
  }

  void ReadDisconnection(XmlParams* params, MetadataAdapter* adapter) {
    const auto* const mode = params->Take("notify_user_on_disconnection");
    const auto* const code = params->Take("notify_user_disconnection_code");
    const auto* const message = params->Take("notify_user_disconnection_msg");
    if (mode != nullptr &&
        !ParseChoice(Lower(mode->value), &adapter->notify_user_on_disconnection)) {
      problems_->Add(mode->place, mode->name,
                     "\"" + mode->value + "\" is no choice; write fail, force_retry or send_code");
      return;
    }
    if (code != nullptr) {
      std::int64_t number = 0;
      if (!ReadInteger(*code, -2'147'483'647, 0, &number)) return;
      adapter->notify_user_disconnection_code = static_cast<int>(number);
    }
    if (message != nullptr) adapter->notify_user_disconnection_message = message->value;
    const auto* const place = mode != nullptr ? mode : code != nullptr ? code : message;
    if (place == nullptr) return;
    FinishDisconnection(place->place, place->name, mode != nullptr, code != nullptr, adapter,
                        problems_);
  }

  bool ReadData(const pugi::xml_node& node, LoadedSet* loaded) {
    XmlParams params;
    DataAdapter adapter;
    const auto take = [this, &adapter](const pugi::xml_node& child) {
      const bool known = SameName(child.name(), "data_adapter_pool");
      if (known) ReadPool(child, "max_size", &adapter.requests_max_pending, nullptr);
      return known;
    };
    const AdapterClass adapter_class = ReadAdapter(node, false, &params, take);
    if (adapter_class != AdapterClass::kPlainProxy && adapter_class != AdapterClass::kRobustProxy) {
      return false;
    }
    adapter.proxy.robust = adapter_class == AdapterClass::kRobustProxy;
    if (const std::string_view name = AttributeOf(node, "name"); !name.empty()) adapter.name = name;
    const std::string what = "Data Adapter " + adapter.name + " of " + loaded->set.id;
    ReadProxy(PlaceOf(node), &params, what, &adapter.proxy, loaded);
    if (const auto* notify = params.Take("notify_port")) {
      std::int64_t port = 0;
      if (!adapter.proxy.remote_host.empty()) {
        problems_->Add(notify->place, notify->name,
                       "goes not together with remote_host: who is dialed has one connection; "
                       "remove one of the two");
      } else if (ReadInteger(*notify, 1, 65535, &port)) {
        adapter.notify_port = static_cast<std::uint16_t>(port);
        loaded->ports.push_back(
            {adapter.proxy.address, *adapter.notify_port, notify->name, what, notify->place});
      }
    }
    if (adapter.proxy.robust) {
      const auto* const recovery = params.Take("events_recovery");
      if (recovery != nullptr && !ParseChoice(Lower(recovery->value), &adapter.events_recovery)) {
        problems_->Add(recovery->place, recovery->name,
                       "\"" + recovery->value +
                           "\" is no choice; write leave_hole, use_snapshot or enforce_snapshot");
      }
      if (const auto* item = params.Take("status_item")) {
        const std::string wrong = CheckLabel(item->value);
        if (!wrong.empty()) problems_->Add(item->place, item->name, wrong);
        adapter.status_item = item->value;
      }
    }
    ReportRest(&params, {"notify_port", "events_recovery", "status_item"});
    loaded->set.data_adapters.push_back(std::move(adapter));
    return true;
  }

  bool ReadInteger(const XmlParams::Param& param, std::int64_t min, std::int64_t max,
                   std::int64_t* value) {
    const auto number = ParseNumber<std::int64_t>(param.value);
    if (number && *number >= min && *number <= max) {
      *value = *number;
      return true;
    }
    std::string wrong = "\"" + param.value + "\" is no whole number";
    if (number) wrong = param.value + " is too " + (*number < min ? "small" : "large");
    problems_->Add(param.place, param.name,
                   wrong + "; write " + std::to_string(min) + " to " + std::to_string(max));
    return false;
  }

  // A time in milliseconds whose negative values all mean `negative`.
  void ReadMillis(XmlParams* params, std::string_view name, std::int64_t min, Milliseconds negative,
                  Milliseconds* value) {
    constexpr std::int64_t kMost = 24 * 3'600'000;
    const XmlParams::Param* const param = params->Take(name);
    if (param == nullptr) return;
    const auto number = ParseNumber<std::int64_t>(param->value);
    std::int64_t millis = 0;
    if (number && *number < 0) {
      *value = negative;
    } else if (ReadInteger(*param, min, kMost, &millis)) {
      *value = Milliseconds(millis);
    }
  }

  void ReadProxy(const Place& place, XmlParams* params, const std::string& what,
                 ProxySettings* proxy, LoadedSet* loaded) {
    if (const auto* label = params->Take("name")) proxy->name = label->value;
    ReadDialing(params, proxy);
    ReadXmlTls(
        params, file_, proxy,
        [this](const XmlParams::Param& param, std::string_view why) {
          Note(param.place, param.name, why);
        },
        problems_);
    const auto* const address = params->Take("interface");
    if (!proxy->remote_host.empty()) {
      if (address != nullptr) Note(address->place, address->name, kIgnored);
    } else if (address != nullptr) {
      const std::string wrong = CheckAddress(address->value);
      if (!wrong.empty()) problems_->Add(address->place, address->name, wrong);
      proxy->address = address->value;
    } else {
      Note(place, "interface",
           "is absent; adapters can connect from this machine only (127.0.0.1), name an interface "
           "to open the port to others");
    }
    ReadPort(place, params, what, proxy, loaded);
    ReadMillis(params, "timeout", 1, Milliseconds(0), &proxy->timeout);
    ReadMillis(params, "keepalive_timeout_millis", 0, Milliseconds(0), &proxy->keepalive_timeout);
    Milliseconds hint(-1);
    ReadMillis(params, "keepalive_hint_millis", 0, Milliseconds(0), &hint);
    if (hint.count() >= 0) proxy->keepalive_hint = hint;
    if (proxy->robust) {
      ReadMillis(params, "first_connection_timeout_millis", 0, Milliseconds(-1),
                 &proxy->first_connection_timeout);
      ReadMillis(params, "connection_recovery_timeout_millis", 0, Milliseconds(-1),
                 &proxy->connection_recovery_timeout);
    }
    if (const auto* standbys = params->Take("max_standby")) {
      std::int64_t count = 0;
      if (ReadInteger(*standbys, 0, 100, &count)) proxy->max_standbys = static_cast<int>(count);
    }
    ReadAllowList(params, proxy);
    ReadCredentials(params, proxy);
    ReadRemoteParams(params, proxy);
  }

  void ReadPort(const Place& place, XmlParams* params, const std::string& what,
                ProxySettings* proxy, LoadedSet* loaded) {
    const XmlParams::Param* const param = params->Take("request_reply_port");
    if (param == nullptr) {
      problems_->Add(place, "request_reply_port", "is absent; write the port to listen on");
      return;
    }
    std::int64_t port = 0;
    if (!ReadInteger(*param, 1, 65535, &port)) return;
    proxy->request_reply_port = static_cast<std::uint16_t>(port);
    if (!proxy->remote_host.empty()) return;
    loaded->ports.push_back(
        {proxy->address, proxy->request_reply_port, param->name, what, param->place});
  }

  void ReadDialing(XmlParams* params, ProxySettings* proxy) {
    if (const auto* const host = params->Take("remote_host")) {
      const std::string wrong = CheckRemoteHosts(host->value);
      if (!wrong.empty()) problems_->Add(host->place, host->name, wrong);
      proxy->remote_host = host->value;
    }
    const XmlParams::Param* const retry = params->Take("connection_retry_millis");
    if (retry == nullptr) return;
    if (proxy->remote_host.empty()) {
      Note(retry->place, retry->name, "means nothing without remote_host");
      return;
    }
    std::int64_t millis = 0;
    if (ReadInteger(*retry, 1, 24 * 3'600'000, &millis)) {
      proxy->connection_retry = Milliseconds(millis);
    }
  }

  void ReadAllowList(XmlParams* params, ProxySettings* proxy) {
    const XmlParams::Param* const param = params->Take("remote_address_whitelist");
    if (param == nullptr) return;
    if (!proxy->remote_host.empty()) {
      Note(param->place, param->name, kIgnored);
      return;
    }
    proxy->address_allow_list = Split(param->value, ",");
    std::string wrong = CheckPeers(proxy->address_allow_list);
    if (proxy->address_allow_list.empty()) wrong = "names no address; write one, or remove it";
    if (!wrong.empty()) problems_->Add(param->place, param->name, wrong);
  }

  void ReadCredentials(XmlParams* params, ProxySettings* proxy) {
    constexpr std::string_view kPrefix = "auth.credentials.";
    const XmlParams::Param* const auth = params->Take("auth");
    if (auth != nullptr) ParseFlag(auth->place, auth->name, auth->value, &proxy->auth);
    std::map<std::string, Credential> by_suffix;
    const XmlParams::Param* first = nullptr;
    for (XmlParams::Param& param : params->all()) {
      const std::string name = Lower(param.name);
      const std::size_t dot = name.rfind('.');
      if (!name.starts_with(kPrefix) || dot < kPrefix.size()) continue;
      const std::string part = name.substr(dot + 1);
      if (part != "user" && part != "password") continue;
      Credential& credential = by_suffix[name.substr(kPrefix.size(), dot - kPrefix.size())];
      (part == "user" ? credential.user : credential.password) = param.value;
      param.taken = true;
      if (first == nullptr) first = &param;
    }
    for (auto& [suffix, credential] : by_suffix) {
      if (credential.user.empty() || credential.password.empty()) {
        problems_->Add(first->place, "auth.credentials." + suffix,
                       "lacks its user or its password; write both");
      }
      proxy->credentials.push_back(std::move(credential));
    }
    // With auth off such files may keep credentials: nobody asks for them.
    if (!proxy->auth && first != nullptr) {
      Note(first->place, "auth.credentials", "nobody is asked for them, because auth is not Y");
      proxy->credentials.clear();
    }
    if (proxy->auth) CheckAuth(auth->place, auth->name, *proxy, problems_);
  }

  void ReadRemoteParams(XmlParams* params, ProxySettings* proxy) {
    const XmlParams::Param* const prefix = params->Take("remote_params_prefix");
    if (prefix == nullptr) return;
    if (prefix->value.find(':') == std::string::npos) {
      problems_->Add(prefix->place, prefix->name,
                     "\"" + prefix->value + "\" holds no colon; write one such as \"remote:\"");
      return;
    }
    for (XmlParams::Param& param : params->all()) {
      if (!param.name.starts_with(prefix->value)) continue;
      param.taken = true;
      proxy->remote_params.push_back({param.name, param.value});
    }
    if (const std::string wrong = CheckRemoteParams(proxy->remote_params); !wrong.empty()) {
      problems_->Add(prefix->place, prefix->name, wrong);
    }
  }

  void NoteParam(const XmlParams::Param& param, const std::vector<std::string_view>& known) {
    std::string why = "is not done by this server and left out";
    const std::string_view nearest = Nearest(Lower(param.name), known);
    if (!nearest.empty()) why += "; did you mean " + std::string(nearest) + "?";
    Note(param.place, param.name, why);
  }

  void ReportRest(XmlParams* params, std::vector<std::string_view> known) {
    // Both kinds of adapter have these.
    constexpr std::string_view kShared[] = {"request_reply_port",
                                            "interface",
                                            "name",
                                            "timeout",
                                            "auth",
                                            "keepalive_timeout_millis",
                                            "keepalive_hint_millis",
                                            "remote_params_prefix",
                                            "remote_address_whitelist",
                                            "max_standby",
                                            "remote_host",
                                            "connection_retry_millis",
                                            "tls",
                                            "first_connection_timeout_millis",
                                            "connection_recovery_timeout_millis"};
    known.insert(known.end(), std::begin(kShared), std::end(kShared));
    for (const XmlParams::Param& param : params->all()) {
      // The details of TLS that is off mean nothing to anybody.
      if (param.taken || Lower(param.name).starts_with("tls.")) continue;
      if (std::any_of(known.begin(), known.end(),
                      [&](std::string_view name) { return SameName(name, param.name); })) {
        Note(param.place, param.name, "means nothing for a proxy that is not robust");
      } else {
        NoteParam(param, known);
      }
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<std::string>* notes_;
  Problems* problems_;
  std::map<std::string, bool> told_;
};

}  // namespace

std::optional<LoadedSet> ParseAdaptersXml(std::string_view text, const std::string& name,
                                          std::vector<std::string>* notes, Problems* problems) {
  return XmlReader(text, name, notes, problems).Read();
}

}  // namespace penstock::config
