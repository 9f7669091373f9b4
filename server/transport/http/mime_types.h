// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

namespace penstock::http {

// Content type by the extension of a file name, in any case; `application/octet-stream` if unknown.
std::string_view MimeTypeOf(std::string_view file_name);

}  // namespace penstock::http
