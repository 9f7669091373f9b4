// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::http {

// The path of a request as a path below a folder of static files: decoded once, without the leading
// slash, `//` and `.` collapsed; empty for "/". A slash at the end stays, to tell a folder.
// Nothing when it could lead out of the folder or to what is not meant to be seen: `..`, names that
// begin with a dot, backslash, NUL and other control characters, encoded slashes, broken escapes or
// UTF-8, or a path that does not begin with a slash.
std::optional<std::string> SafeRelativePath(std::string_view url_path);

}  // namespace penstock::http
