// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/version.h"

#include "base/parse_number.h"

namespace penstock::tlcp {
namespace {

constexpr std::string_view kProtocolPrefix = "TLCP-";

bool TakeNumber(std::string_view& text, char stop, std::uint16_t* number) {
  const std::size_t end = stop == '\0' ? text.size() : text.find(stop);
  if (end == std::string_view::npos) return false;
  const std::optional<std::uint16_t> value = ParseNumber<std::uint16_t>(text.substr(0, end));
  if (!value) return false;
  *number = *value;
  text.remove_prefix(stop == '\0' ? end : end + 1);
  return true;
}

}  // namespace

bool Version::IsSupported() const {
  return *this >= kOldestVersion && minor <= kNewestVersion.minor &&
         major == kNewestVersion.major && patch == 0;
}

std::string Version::ToString() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::optional<Version> ParseProtocol(std::string_view text) {
  if (!text.starts_with(kProtocolPrefix)) return std::nullopt;
  text.remove_prefix(kProtocolPrefix.size());
  Version version;
  if (!TakeNumber(text, '.', &version.major) || !TakeNumber(text, '.', &version.minor) ||
      !TakeNumber(text, '\0', &version.patch)) {
    return std::nullopt;
  }
  return version;
}

std::optional<Version> ParseSubprotocol(std::string_view text) {
  if (!text.ends_with(kSubprotocolSuffix)) return std::nullopt;
  text.remove_suffix(kSubprotocolSuffix.size());
  return ParseProtocol(text);
}

Error UnsupportedProtocol(std::string_view protocol) {
  if (protocol.starts_with(kProtocolPrefix)) protocol.remove_prefix(kProtocolPrefix.size());
  return MakeError(RequestCode::kInvalidArgument,
                   "Unsupported protocol version: " + std::string(protocol));
}

}  // namespace penstock::tlcp
