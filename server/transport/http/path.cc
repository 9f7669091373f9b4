// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/path.h"

#include "base/percent.h"
#include "base/utf8.h"

namespace penstock::http {
namespace {

bool HasEncodedSlash(std::string_view text) {
  return text.find("%2F") != std::string_view::npos || text.find("%2f") != std::string_view::npos;
}

bool HasForbiddenChar(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '\\') return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> SafeRelativePath(std::string_view url_path) {
  if (!url_path.starts_with('/') || HasEncodedSlash(url_path)) return std::nullopt;
  const std::optional<std::string> decoded = PercentDecode(url_path);
  if (!decoded || HasForbiddenChar(*decoded) || !IsValidUtf8(*decoded)) return std::nullopt;

  std::string path;
  std::string_view rest = *decoded;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    if (segment.empty() || segment == ".") continue;
    if (segment.front() == '.') return std::nullopt;
    path += segment;
    if (!rest.empty()) path += '/';
  }
  return path;
}

}  // namespace penstock::http
