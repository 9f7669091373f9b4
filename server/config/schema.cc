// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/schema.h"

#include <algorithm>
#include <charconv>
#include <type_traits>

namespace penstock::config {
namespace {

struct Absent {
  std::string_view name;
  std::string_view text;
};
constexpr Absent kNotThereYet[] = {
    {"forwarded_for_depth", "write skip_local_forwards"},
};

template <class S>
void Collect(const std::string& section, std::span<const Key<S>> keys, const S& defaults,
             std::vector<KeyInfo>* all) {
  for (const Key<S>& key : keys) {
    std::string text;
    // A key with an example has no default worth repeating.
    if (const auto value = key.read(defaults); value && key.example.empty()) text = ToToml(*value);
    all->push_back({section, std::string(key.name), text, std::string(key.why)});
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  *out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      *out += "\\u00";
      *out += kHex[byte >> 4];
      *out += kHex[byte & 15];
    } else {
      *out += c;
    }
  }
  *out += '"';
}

struct TomlWriter {
  std::string* out;

  void operator()(std::int64_t value) const { *out += std::to_string(value); }
  void operator()(double value) const {
    char text[350];  // the longest double without an exponent has 310
    const auto end = std::to_chars(text, std::end(text), value, std::chars_format::fixed).ptr;
    out->append(text, end);
  }
  void operator()(bool value) const { *out += value ? "true" : "false"; }
  void operator()(const std::string& value) const { AppendQuoted(value, out); }
  void operator()(const NameValue& value) const { Pair("name", value.name, "value", value.value); }
  void operator()(const TlsCertificate& value) const {
    Pair("certificate_file", value.certificate_file, "key_file", value.key_file);
  }
  void operator()(const Credential& value) const {
    Pair("user", value.user, "password", value.password);
  }
  template <class T>
  void operator()(const std::vector<T>& values) const {
    *out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) *out += ", ";
      (*this)(values[i]);
    }
    *out += ']';
  }

 private:
  void Pair(std::string_view key1, std::string_view value1, std::string_view key2,
            std::string_view value2) const {
    out->append("{ ").append(key1).append(" = ");
    AppendQuoted(value1, out);
    out->append(", ").append(key2).append(" = ");
    AppendQuoted(value2, out);
    *out += " }";
  }
};

template <class Number>
std::string NotWithin(Number number, std::int64_t min, std::int64_t max) {
  const bool too_small = !(number >= static_cast<Number>(min));  // true for NaN, too
  if (!too_small && number <= static_cast<Number>(max)) return {};
  return ToToml(number) + " is too " + (too_small ? "small" : "large") + "; write " +
         std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

std::vector<KeyInfo> AllKeys() {
  std::vector<KeyInfo> all;
  const Settings settings;
  const MetadataAdapter metadata;
  const DataAdapter data;
  Collect("", TopKeys(), settings, &all);
  Collect("server", ServerKeys(), settings.server, &all);
  Collect("listener", ListenerKeys(), settings.listeners[0], &all);
  Collect("listener.tls", TlsKeys(), Tls(), &all);
  Collect("session", SessionKeys(), settings.session, &all);
  Collect("delivery", DeliveryKeys(), settings.delivery, &all);
  Collect("messages", MessagesKeys(), settings.messages, &all);
  Collect("limits", LimitsKeys(), settings.limits, &all);
  Collect("log", LogKeys(), settings.log, &all);
  Collect("log.areas", LogAreaKeys(), settings.log, &all);
  Collect("http", HttpKeys(), settings.http, &all);
  Collect("websocket", WebSocketKeys(), settings.websocket, &all);
  Collect("pages", PagesKeys(), settings.pages, &all);
  Collect("adapter_set", AdapterSetKeys(), AdapterSet(), &all);
  Collect("adapter_set.metadata_adapter", ProxyKeys(), metadata.proxy, &all);
  Collect("adapter_set.metadata_adapter", MetadataAdapterKeys(), metadata, &all);
  Collect("adapter_set.policy", PolicyKeys(), Policy(), &all);
  Collect("adapter_set.policy.item_family", ItemFamilyKeys(), ItemFamily(), &all);
  Collect("adapter_set.data_adapter", DataAdapterKeys(), data, &all);
  Collect("adapter_set.data_adapter", ProxyKeys(), data.proxy, &all);
  Collect("adapter_set.data_adapter.tls", AdapterTlsKeys(), AdapterTls(), &all);
  return all;
}

std::string_view NotThereYet(std::string_view name) {
  for (const Absent& absent : kNotThereYet) {
    if (absent.name == name) return absent.text;
  }
  return {};
}

std::string OutOfRange(const Value& value, std::int64_t min, std::int64_t max) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return NotWithin(*integer, min, max);
  if (const auto* number = std::get_if<double>(&value)) return NotWithin(*number, min, max);
  return {};
}

std::string ToToml(const Value& value) {
  std::string text;
  std::visit(TomlWriter{&text}, value);
  return text;
}

bool ParseChoice(std::string_view text, ListenerRole* value) {
  for (const auto choice : {ListenerRole::kGeneral, ListenerRole::kCreateOnly,
                            ListenerRole::kControlOnly, ListenerRole::kInternal}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, TlsVersion* value) {
  for (const auto choice : {TlsVersion::k12, TlsVersion::k13}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, ClientCertificates* value) {
  for (const auto choice :
       {ClientCertificates::kNone, ClientCertificates::kOptional, ClientCertificates::kRequired}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, DiffAlgorithm* value) {
  for (const auto choice : {DiffAlgorithm::kJsonPatch, DiffAlgorithm::kDiffMatchPatch}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, Compression* value) {
  for (const auto choice : {Compression::kOff, Compression::kAuto, Compression::kOn}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, AdapterTransport* value) {
  for (const auto choice : {AdapterTransport::kAri, AdapterTransport::kGrpc}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, EventsRecovery* value) {
  for (const auto choice : {EventsRecovery::kLeaveHole, EventsRecovery::kUseSnapshot,
                            EventsRecovery::kEnforceSnapshot}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, NotifyUserOnDisconnection* value) {
  for (const auto choice :
       {NotifyUserOnDisconnection::kFail, NotifyUserOnDisconnection::kForceRetry,
        NotifyUserOnDisconnection::kSendCode}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, CloseNotificationsRecovery* value) {
  for (const auto choice :
       {CloseNotificationsRecovery::kPessimistic, CloseNotificationsRecovery::kOptimistic,
        CloseNotificationsRecovery::kUnneeded}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

bool ParseChoice(std::string_view text, ItemMode* value) {
  for (const auto choice :
       {ItemMode::kRaw, ItemMode::kMerge, ItemMode::kDistinct, ItemMode::kCommand}) {
    if (ToString(choice) == text) {
      *value = choice;
      return true;
    }
  }
  return false;
}

}  // namespace penstock::config
