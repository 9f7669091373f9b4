// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/version.h"

namespace penstock::ari {

std::optional<Version> ParseVersion(std::string_view text) {
  if (text == "1.9.1") return Version::k191;
  if (text == "1.9.0") return Version::k190;
  if (text == "1.8.3") return Version::k183;
  if (text == "1.8.2") return Version::k182;
  if (text == "1.8.0") return Version::k180;
  return std::nullopt;
}

std::string_view VersionText(Version version) {
  switch (version) {
    case Version::k180:
      return "1.8.0";
    case Version::k182:
      return "1.8.2";
    case Version::k183:
      return "1.8.3";
    case Version::k190:
      return "1.9.0";
    case Version::k191:
      break;
  }
  return "1.9.1";
}

}  // namespace penstock::ari
