// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/handshake.h"

#include <charconv>
#include <string_view>
#include <tuple>

namespace penstock::adapter {
namespace {

// True for a well-formed number above 1.9.1, of a server newer than this library.
bool IsNewer(std::string_view text) {
  int parts[3] = {0, 0, 0};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    const auto [stop, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc()) return false;
    at = stop;
    if (i == 2) break;
    if (at == end || *at != '.') return false;
    ++at;
  }
  return at == end && std::tuple(parts[0], parts[1], parts[2]) > std::tuple(1, 9, 1);
}

}  // namespace

Result<ari::Version> ChooseVersion(const std::optional<std::string>& offered, bool needs_latest) {
  const std::string text = offered.value_or("1.8.0");
  std::optional<ari::Version> version = ari::ParseVersion(text);
  if (!version && IsNewer(text)) version = ari::kLatestVersion;
  if (text == "1.8.1") return Error("Unsupported reserved protocol version number: 1.8.1");
  if (!version) return Error("Unsupported protocol version: " + text);
  if (needs_latest && *version < ari::Version::k191) {
    return Error("Unsupported Proxy Adapter version " + text +
                 ": one connection needs 1.9.1, or name the notify port");
  }
  return *version;
}

Params MergeParams(const ari::InitRequest& request, const Params& own) {
  Params params = own;
  for (const ari::Pair& pair : request.params) params.emplace(pair.name, pair.value.value_or(""));
  return params;
}

}  // namespace penstock::adapter
