// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/describe.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "config/schema.h"

namespace penstock::config {
namespace {

constexpr std::string_view kMask = "***";

bool SpeaksOfSecret(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  constexpr std::string_view kWords[] = {"passw", "secret", "token", "key", "credential"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

ProxySettings Masked(ProxySettings proxy) {
  for (Credential& credential : proxy.credentials) credential.password = kMask;
  for (NameValue& param : proxy.remote_params) {
    if (SpeaksOfSecret(param.name)) param.value = kMask;
  }
  if (proxy.tls) {
    for (std::string* const password :
         {&proxy.tls->keystore_password, &proxy.tls->truststore_password}) {
      if (!password->empty()) *password = kMask;
    }
  }
  return proxy;
}

Policy Masked(Policy policy) {
  for (Credential& credential : policy.credentials) credential.password = kMask;
  return policy;
}

// Writes tables of keys, one line a key.
class Writer {
 public:
  std::string Take() { return std::move(text_); }

  void Header(std::string_view header) { text_.append("\n").append(header).append("\n"); }

  // Leaves out what is not set; `robust`: what means nothing otherwise as well.
  template <class S>
  void Keys(std::span<const Key<S>> keys, const S& from, bool robust = true) {
    for (const Key<S>& key : keys) {
      if (key.robust_only && !robust) continue;
      const auto value = key.read(from);
      if (value) Line(key.name, ToToml(*value));
    }
  }

  void Line(std::string_view name, std::string_view value) {
    text_.append(name).append(" = ").append(value).append("\n");
  }

  void Comment(std::string_view comment) { text_.append("# ").append(comment).append("\n"); }

 private:
  std::string text_;
};

void DescribeProxy(std::string_view section, const ProxySettings& settings, Writer* writer) {
  const ProxySettings proxy = Masked(settings);
  writer->Keys(ProxyKeys(), proxy, proxy.robust);
  if (!proxy.tls) return;
  writer->Header("[" + std::string(section) + ".tls]");
  writer->Keys(AdapterTlsKeys(), *proxy.tls);
}

void DescribeSet(const AdapterSet& set, Writer* writer) {
  writer->Header("[[adapter_set]]");
  writer->Keys(AdapterSetKeys(), set);
  if (set.metadata_adapter) {
    const MetadataAdapter& adapter = *set.metadata_adapter;
    writer->Header("[adapter_set.metadata_adapter]");
    for (const Key<MetadataAdapter>& key : MetadataAdapterKeys()) {
      // The code and its text are keys of send_code only.
      const bool of_send_code = key.name.starts_with("notify_user_disconnection_");
      if (of_send_code &&
          adapter.notify_user_on_disconnection != NotifyUserOnDisconnection::kSendCode) {
        continue;
      }
      if (key.robust_only && !adapter.proxy.robust) continue;
      writer->Line(key.name, ToToml(*key.read(adapter)));
    }
    DescribeProxy("adapter_set.metadata_adapter", adapter.proxy, writer);
  } else {
    writer->Header("[adapter_set.policy]");
    writer->Keys(PolicyKeys(), Masked(set.policy));
    for (const ItemFamily& family : set.policy.item_families) {
      writer->Header("[[adapter_set.policy.item_family]]");
      writer->Keys(ItemFamilyKeys(), family);
    }
  }
  for (const DataAdapter& adapter : set.data_adapters) {
    writer->Header("[[adapter_set.data_adapter]]");
    writer->Keys(DataAdapterKeys(), adapter, adapter.proxy.robust);
    DescribeProxy("adapter_set.data_adapter", adapter.proxy, writer);
  }
}

constexpr std::string_view kPreamble =
    "# SPDX-License-Identifier: Apache-2.0\n"
    "# The configuration of Penstock. Every key is here with its default: the file as it stands "
    "is\n"
    "# the same as an empty one, and a key that you remove keeps its default. A line that starts\n"
    "# with # and no blank is a key or a table that is not set. Relative paths start at the "
    "folder\n"
    "# of this file. An unknown key is an error, so that no typing error goes unseen.\n"
    "# `penstock --check-config` tells all that is wrong in a file, and what is in effect.\n";

constexpr std::string_view kTlsPreamble =
    "\n"
    "# With this table behind it a listener speaks TLS, and only TLS: https and wss.\n";

constexpr std::string_view kAdapterTlsPreamble =
    "\n"
    "# With this table behind it, here or as [adapter_set.metadata_adapter.tls], the server "
    "speaks\n"
    "# TLS, and only TLS, to that adapter.\n";

constexpr std::string_view kSetsPreamble =
    "\n"
    "# Adapter sets: what clients open their sessions on. Without one, the server answers health\n"
    "# checks and refuses sessions. Repeat [[adapter_set]] for each set, and its\n"
    "# [[adapter_set.data_adapter]] for each Data Adapter. [adapter_set.policy] is in force "
    "without\n"
    "# [adapter_set.metadata_adapter]: groups and schemas are lists of names, the same rules hold "
    "for\n"
    "# all users. Without any [[adapter_set.policy.item_family]] every item has every mode; with "
    "one,\n"
    "# an item that is in none has none.\n";

std::string_view HeaderOf(std::string_view section) {
  if (section == "listener") return "[[listener]]";
  if (section == "adapter_set") return "[[adapter_set]]";
  if (section == "adapter_set.data_adapter") return "[[adapter_set.data_adapter]]";
  return {};
}

// The range of an integer, the choices of a text.
template <class S>
void DefaultKeys(std::span<const Key<S>> keys, const S& defaults, bool commented,
                 std::string* text) {
  for (const Key<S>& key : keys) {
    const auto value = key.read(defaults);
    const bool has_default = key.example.empty();
    *text += "# " + std::string(key.why);
    if (key.type == Type::kInteger || key.type == Type::kNumber) {
      *text += " (" + std::to_string(key.min) + " to " + std::to_string(key.max) + ")";
    } else if (!key.choices.empty()) {
      *text += " (" + std::string(key.choices) + ")";
    }
    *text += '\n';
    if (commented || !has_default) *text += '#';
    *text += std::string(key.name) + " = ";
    *text += (has_default ? ToToml(*value) : std::string(key.example)) + "\n";
  }
}

template <class S>
void DefaultSection(std::string_view section, std::span<const Key<S>> keys, const S& defaults,
                    std::string* text) {
  *text += '\n';
  const std::string_view header = HeaderOf(section);
  *text += header.empty() ? "[" + std::string(section) + "]" : std::string(header);
  *text += '\n';
  DefaultKeys(keys, defaults, false, text);
}

}  // namespace

std::string Describe(const Settings& settings) {
  Writer writer;
  for (const std::string& file : settings.adapters_files)
    writer.Comment("adapter sets of " + ToToml(file));
  writer.Header("[server]");
  writer.Keys(ServerKeys(), settings.server);
  for (const Listener& listener : settings.listeners) {
    writer.Header("[[listener]]");
    writer.Keys(ListenerKeys(), listener);
    if (!listener.tls) continue;
    writer.Header("[listener.tls]");
    writer.Keys(TlsKeys(), *listener.tls);
  }
  writer.Header("[session]");
  writer.Keys(SessionKeys(), settings.session);
  writer.Header("[delivery]");
  writer.Keys(DeliveryKeys(), settings.delivery);
  writer.Header("[messages]");
  writer.Keys(MessagesKeys(), settings.messages);
  writer.Header("[limits]");
  writer.Keys(LimitsKeys(), settings.limits);
  writer.Header("[log]");
  writer.Keys(LogKeys(), settings.log);
  writer.Header("[log.areas]");
  writer.Keys(LogAreaKeys(), settings.log);
  writer.Header("[http]");
  writer.Keys(HttpKeys(), settings.http);
  writer.Header("[websocket]");
  writer.Keys(WebSocketKeys(), settings.websocket);
  writer.Header("[pages]");
  writer.Keys(PagesKeys(), settings.pages);
  for (const AdapterSet& set : settings.adapter_sets) DescribeSet(set, &writer);
  return writer.Take();
}

std::string DefaultFileText() {
  const Settings defaults;
  const MetadataAdapter metadata;
  const DataAdapter data;
  std::string text(kPreamble);
  text += '\n';
  DefaultKeys(TopKeys(), defaults, false, &text);
  DefaultSection("server", ServerKeys(), defaults.server, &text);
  DefaultSection("listener", ListenerKeys(), defaults.listeners[0], &text);
  text += kTlsPreamble;
  text += "\n#[listener.tls]\n";
  DefaultKeys(TlsKeys(), Tls(), true, &text);
  DefaultSection("session", SessionKeys(), defaults.session, &text);
  DefaultSection("delivery", DeliveryKeys(), defaults.delivery, &text);
  DefaultSection("messages", MessagesKeys(), defaults.messages, &text);
  DefaultSection("limits", LimitsKeys(), defaults.limits, &text);
  DefaultSection("log", LogKeys(), defaults.log, &text);
  DefaultSection("log.areas", LogAreaKeys(), defaults.log, &text);
  DefaultSection("http", HttpKeys(), defaults.http, &text);
  DefaultSection("websocket", WebSocketKeys(), defaults.websocket, &text);
  DefaultSection("pages", PagesKeys(), defaults.pages, &text);
  text += kSetsPreamble;
  text += "\n#[[adapter_set]]\n";
  DefaultKeys(AdapterSetKeys(), AdapterSet(), true, &text);
  text += "\n#[adapter_set.metadata_adapter]\n";
  DefaultKeys(ProxyKeys(), metadata.proxy, true, &text);
  DefaultKeys(MetadataAdapterKeys(), metadata, true, &text);
  text += "\n#[adapter_set.policy]\n";
  DefaultKeys(PolicyKeys(), Policy(), true, &text);
  text += "\n#[[adapter_set.policy.item_family]]\n";
  DefaultKeys(ItemFamilyKeys(), ItemFamily(), true, &text);
  text += "\n#[[adapter_set.data_adapter]]\n";
  DefaultKeys(DataAdapterKeys(), data, true, &text);
  DefaultKeys(ProxyKeys(), data.proxy, true, &text);
  text += kAdapterTlsPreamble;
  text += "\n#[adapter_set.data_adapter.tls]\n";
  DefaultKeys(AdapterTlsKeys(), AdapterTls(), true, &text);
  return text;
}

}  // namespace penstock::config
