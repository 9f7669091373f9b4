// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/checks.h"
#include "config/schema.h"

// How a key of a file is bound to a member of a settings struct: for the tables in server_keys.cc
// and adapter_keys.cc alone.
namespace penstock::config {

constexpr std::int64_t kHourMillis = 3'600'000;
constexpr std::int64_t kDayMillis = 24 * kHourMillis;
constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::int64_t kMillion = 1'000'000;

// How a member of a settings struct travels as a Value.

template <class T>
struct Codec;

template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) struct Codec<T> {
  static constexpr Type kType = Type::kInteger;
  static Value Read(T member) { return static_cast<std::int64_t>(member); }
  static bool Assign(T& member, const Value& value) {
    member = static_cast<T>(std::get<std::int64_t>(value));
    return true;
  }
};

template <class Period>
struct Codec<std::chrono::duration<std::int64_t, Period>> {
  using Duration = std::chrono::duration<std::int64_t, Period>;
  static constexpr Type kType = Type::kInteger;
  static Value Read(Duration member) { return static_cast<std::int64_t>(member.count()); }
  static bool Assign(Duration& member, const Value& value) {
    member = Duration(std::get<std::int64_t>(value));
    return true;
  }
};

template <>
struct Codec<std::vector<ItemMode>> {
  static constexpr Type kType = Type::kTexts;
  static Value Read(const std::vector<ItemMode>& member) {
    std::vector<std::string> texts;
    for (const ItemMode mode : member) texts.emplace_back(ToString(mode));
    return texts;
  }
  static bool Assign(std::vector<ItemMode>& member, const Value& value) {
    const auto& texts = std::get<std::vector<std::string>>(value);
    member.resize(texts.size());
    return std::equal(
        texts.begin(), texts.end(), member.begin(),
        [](const std::string& text, ItemMode& mode) { return ParseChoice(text, &mode); });
  }
};

// Members that are a Value's alternative already.
template <class T, Type type>
struct PlainCodec {
  static constexpr Type kType = type;
  static Value Read(const T& member) { return member; }
  static bool Assign(T& member, const Value& value) {
    member = std::get<T>(value);
    return true;
  }
};
template <>
struct Codec<double> : PlainCodec<double, Type::kNumber> {};
template <>
struct Codec<bool> : PlainCodec<bool, Type::kBoolean> {};
template <>
struct Codec<std::string> : PlainCodec<std::string, Type::kText> {};
template <>
struct Codec<std::vector<std::string>> : PlainCodec<std::vector<std::string>, Type::kTexts> {};
template <>
struct Codec<std::vector<NameValue>> : PlainCodec<std::vector<NameValue>, Type::kNameValues> {};
template <>
struct Codec<std::vector<Credential>> : PlainCodec<std::vector<Credential>, Type::kCredentials> {};
template <>
struct Codec<std::vector<TlsCertificate>>
    : PlainCodec<std::vector<TlsCertificate>, Type::kCertificates> {};

template <class T>
requires(std::is_same_v<T, Compression> || std::is_same_v<T, ListenerRole> ||
         std::is_same_v<T, EventsRecovery> || std::is_same_v<T, NotifyUserOnDisconnection> ||
         std::is_same_v<T, CloseNotificationsRecovery> || std::is_same_v<T, TlsVersion> ||
         std::is_same_v<T, ClientCertificates> ||
         std::is_same_v<T, AdapterTransport>) struct Codec<T> {
  static constexpr Type kType = Type::kText;
  static Value Read(T member) { return std::string(ToString(member)); }
  static bool Assign(T& member, const Value& value) {
    return ParseChoice(std::get<std::string>(value), &member);
  }
};

// Each at most once.
template <>
struct Codec<std::vector<DiffAlgorithm>> {
  static constexpr Type kType = Type::kTexts;
  static Value Read(const std::vector<DiffAlgorithm>& member) {
    std::vector<std::string> texts;
    for (const DiffAlgorithm algorithm : member) texts.emplace_back(ToString(algorithm));
    return texts;
  }
  static bool Assign(std::vector<DiffAlgorithm>& member, const Value& value) {
    std::vector<DiffAlgorithm> parsed;
    for (const std::string& text : std::get<std::vector<std::string>>(value)) {
      DiffAlgorithm algorithm{};
      if (!ParseChoice(text, &algorithm)) return false;
      if (std::find(parsed.begin(), parsed.end(), algorithm) != parsed.end()) return false;
      parsed.push_back(algorithm);
    }
    member = std::move(parsed);
    return true;
  }
};

template <>
struct Codec<log::Level> {
  static constexpr Type kType = Type::kText;
  static Value Read(log::Level member) { return std::string(log::LevelName(member)); }
  static bool Assign(log::Level& member, const Value& value) {
    return log::ParseLevel(std::get<std::string>(value), &member);
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static constexpr Type kType = Codec<T>::kType;
  static std::optional<Value> Read(const std::optional<T>& member) {
    if (!member) return std::nullopt;
    return Codec<T>::Read(*member);
  }
  static bool Assign(std::optional<T>& member, const Value& value) {
    T parsed{};
    if (!Codec<T>::Assign(parsed, value)) return false;
    member = std::move(parsed);
    return true;
  }
};

template <class T>
struct MemberOf;
template <class S, class M>
struct MemberOf<M S::*> {
  using Struct = S;
  using Member = M;
};

// What a row of the table may say beyond its name, its member and its reason.
struct Extra {
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view choices = {};
  std::string (*check)(const Value&) = nullptr;
  std::string_view example = {};
  bool robust_only = false;
};

template <auto member>
constexpr Key<typename MemberOf<decltype(member)>::Struct> Bind(std::string_view name,
                                                                std::string_view why,
                                                                Extra extra = {}) {
  using S = typename MemberOf<decltype(member)>::Struct;
  using Coder = Codec<typename MemberOf<decltype(member)>::Member>;
  return {name,
          Coder::kType,
          extra.min,
          extra.max,
          extra.choices,
          extra.check,
          why,
          extra.example,
          extra.robust_only,
          [](S& into, const Value& value) { return Coder::Assign(into.*member, value); },
          [](const S& from) -> std::optional<Value> { return Coder::Read(from.*member); }};
}

template <class T, std::string (*check)(const T&)>
std::string Checked(const Value& value) {
  return check(std::get<T>(value));
}
constexpr auto kLabel = &Checked<std::string, CheckLabel>;
constexpr auto kControlLink = &Checked<std::string, CheckControlLink>;
constexpr auto kAddress = &Checked<std::string, CheckAddress>;
constexpr auto kPeers = &Checked<std::vector<std::string>, CheckPeers>;
constexpr auto kRemoteHosts = &Checked<std::string, CheckRemoteHosts>;
constexpr auto kAddressRanges = &Checked<std::vector<std::string>, CheckAddressRanges>;
constexpr auto kOrigins = &Checked<std::vector<std::string>, CheckOrigins>;
constexpr auto kEchoes = &Checked<std::vector<std::string>, CheckEchoes>;
constexpr auto kHeaders = &Checked<std::vector<NameValue>, CheckHeaders>;
constexpr auto kRemoteParams = &Checked<std::vector<NameValue>, CheckRemoteParams>;
constexpr auto kCredentials = &Checked<std::vector<Credential>, CheckCredentials>;
constexpr auto kUsers = &Checked<std::vector<std::string>, CheckUsers>;
constexpr auto kCertificates = &Checked<std::vector<TlsCertificate>, CheckCertificates>;
constexpr auto kPattern = &Checked<std::string, CheckPattern>;
constexpr auto kPatterns = &Checked<std::vector<std::string>, CheckPatterns>;

}  // namespace penstock::config
