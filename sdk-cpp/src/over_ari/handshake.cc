// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/handshake.h"

#include <charconv>
#include <string_view>
#include <tuple>

#include "ari/line_splitter.h"

namespace penstock::adapter {
namespace {

constexpr std::string_view kSdkName = "Penstock C++ SDK";

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

std::string Greeting(const HostOptions& options) {
  std::string rac;
  ari::WriteRac("1", {options.user, options.password, true, std::string(kSdkName)}, &rac);
  return rac;
}

Status CheckAnswer(ari::Method init, std::string_view said) {
  ari::LineSplitter splitter;
  splitter.Feed(said);
  std::string_view line;
  ari::PacketHead head;
  if (splitter.Next(&line) != ari::LineSplitter::Cut::kLine || !ari::ParseHead(line, &head).ok()) {
    return Error("what it says is no request");
  }
  if (head.method == ari::Method::kClose) return Error(CloseReason(head));
  if (head.method != init) return Error("a request before the init request");
  return {};
}

std::string CloseReason(const ari::PacketHead& head) {
  NullableString why;
  const bool understood = ari::ParseClose(head.args, &why).ok();
  return understood && why ? *why : "the server closed the connection without a reason";
}

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
