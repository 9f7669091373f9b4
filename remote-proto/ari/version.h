// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ari/method.h"

namespace penstock::ari {

// The versions of the protocol that exist; 1.8.1 is a reserved number that nobody may speak.
enum class Version : uint8_t { k180, k182, k183, k190, k191 };

inline constexpr Version kLatestVersion = Version::k191;

// "1.9.1" -> k191. nullopt for 1.8.1, for unknown and for malformed numbers.
std::optional<Version> ParseVersion(std::string_view text);
std::string_view VersionText(Version version);

// What a version has; ari.md 5.6.
constexpr bool HasRac(Version v) { return v >= Version::k182; }
constexpr bool HasKeepaliveHint(Version v) { return v >= Version::k182; }
constexpr bool HasVersionParameter(Version v) { return v >= Version::k182; }
constexpr bool HasClose(Version v) { return v >= Version::k183; }
constexpr bool HasSmartEncoding(Version v) { return v >= Version::k190; }
constexpr bool HasResourceUnavailable(Version v) { return v >= Version::k190; }
constexpr bool HasSessionTimeToLive(Version v) { return v >= Version::k190; }
constexpr bool HasTableFlags(Version v) { return v >= Version::k190; }
constexpr bool HasLongTables(Version v) { return v >= Version::k190; }
constexpr bool HasReverseRequests(Version v) { return v >= Version::k190; }
constexpr bool HasDiffOrder(Version v) { return v >= Version::k190; }

// How strings are written in one packet; ari.md 2.5.
enum class Encoding : uint8_t {
  kCompat,  // form encoding, a space is `+`
  kSmart,   // raw UTF-8, only CR LF | % + are escaped
  kAscii,   // for writing only: everything but letters, digits and -_. is %XX. Each decoder of
            // either kind reads it.
};

// All that the two ends agreed on for one connection.
// Thread: any; a small value.
struct Dialect {
  Version version = kLatestVersion;
  // Some peers of 1.9.1 take the item list of a table descriptor for another table: false leaves it
  // out.
  bool item_lists = true;
  // Write strings as percent-encoded ASCII whatever the version: the one form that no peer
  // misreads.
  bool ascii_only = false;

  Encoding ReadEncoding(Method method) const {
    return HasSmartEncoding(version) && !AlwaysCompat(method) ? Encoding::kSmart
                                                              : Encoding::kCompat;
  }
  Encoding WriteEncoding(Method method) const {
    return ascii_only ? Encoding::kAscii : ReadEncoding(method);
  }

 private:
  static bool AlwaysCompat(Method m) {
    return m == Method::kMpi || m == Method::kDpi || m == Method::kRac || m == Method::kClose;
  }
};

}  // namespace penstock::ari
