// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "base/status.h"

namespace penstock::config {

// The whole file. No configuration is larger than a few megabytes: a larger file is refused.
StatusOr<std::string> ReadWholeFile(const std::string& path);

// `path` as seen from the folder of `naming_file`; absolute and empty paths stay as they are.
std::string ResolvePath(const std::string& path, const std::string& naming_file);

bool IsFolder(const std::string& path);

}  // namespace penstock::config
