// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.h"

// The one table of keys. Reading a file, its errors, `--check-config` and the text of
// conf/penstock.toml all come from it, so that they cannot differ. A default is not written here:
// it is what a default-constructed struct holds.
namespace penstock::config {

// In the order of Type.
using Value =
    std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>,
                 std::vector<NameValue>, std::vector<Credential>, std::vector<TlsCertificate>>;
enum class Type : std::uint8_t {
  kInteger,
  kNumber,
  kBoolean,
  kText,
  kTexts,
  kNameValues,
  kCredentials,
  kCertificates
};

// A key of the table whose values land in a struct S.
template <class S>
struct Key {
  std::string_view name;
  Type type;
  std::int64_t min;  // of an integer or a number
  std::int64_t max;
  std::string_view choices;                // of a text with few values, "a, b or c"; else empty
  std::string (*check)(const Value&);      // what is wrong, or empty; may be null
  std::string_view why;                    // one line for conf/penstock.toml
  std::string_view example;                // TOML, for a key without a default
  bool robust_only;                        // means something for a robust proxy only
  bool (*assign)(S&, const Value&);        // false: not one of the choices
  std::optional<Value> (*read)(const S&);  // nothing: not set
};

std::span<const Key<Settings>> TopKeys();
std::span<const Key<Server>> ServerKeys();
std::span<const Key<Listener>> ListenerKeys();
std::span<const Key<Tls>> TlsKeys();
std::span<const Key<Session>> SessionKeys();
std::span<const Key<Delivery>> DeliveryKeys();
std::span<const Key<Messages>> MessagesKeys();
std::span<const Key<Limits>> LimitsKeys();
std::span<const Key<Log>> LogKeys();
std::span<const Key<Log>> LogAreaKeys();  // a key for each area
std::span<const Key<Http>> HttpKeys();
std::span<const Key<WebSocket>> WebSocketKeys();
std::span<const Key<Pages>> PagesKeys();
std::span<const Key<AdapterSet>> AdapterSetKeys();
std::span<const Key<ProxySettings>> ProxyKeys();  // of both kinds of adapter
std::span<const Key<AdapterTls>> AdapterTlsKeys();
std::span<const Key<MetadataAdapter>> MetadataAdapterKeys();
std::span<const Key<DataAdapter>> DataAdapterKeys();
std::span<const Key<Policy>> PolicyKeys();
std::span<const Key<ItemFamily>> ItemFamilyKeys();

// A key as documents see it.
struct KeyInfo {
  std::string section;  // "session"; empty for the top
  std::string name;
  std::string default_text;  // as TOML; empty: no default
  std::string why;
};
std::vector<KeyInfo> AllKeys();

// Names that people look for and that this version does not know, with what to say; else empty.
std::string_view NotThereYet(std::string_view name);

// What is wrong with an integer or a number that is not within these; empty for any other value.
std::string OutOfRange(const Value& value, std::int64_t min, std::int64_t max);

// As TOML on one line.
std::string ToToml(const Value& value);

// Finds a choice by its text, for the parsers of both file formats.
bool ParseChoice(std::string_view text, ListenerRole* value);
bool ParseChoice(std::string_view text, TlsVersion* value);
bool ParseChoice(std::string_view text, ClientCertificates* value);
bool ParseChoice(std::string_view text, DiffAlgorithm* value);
bool ParseChoice(std::string_view text, Compression* value);
bool ParseChoice(std::string_view text, AdapterTransport* value);
bool ParseChoice(std::string_view text, EventsRecovery* value);
bool ParseChoice(std::string_view text, NotifyUserOnDisconnection* value);
bool ParseChoice(std::string_view text, CloseNotificationsRecovery* value);
bool ParseChoice(std::string_view text, ItemMode* value);

}  // namespace penstock::config
