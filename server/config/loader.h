// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "config/settings.h"

// A TOML file in, checked settings out. A key that the schema does not know is an error: nothing
// is read and ignored. An error tells all that is wrong (up to Problems::kMostShown), one line
// each: "file:line: key: what is wrong; what would be right".
namespace penstock::config {

// Relative paths in the file start at its folder. Reads the adapters_files as well.
StatusOr<Settings> LoadFile(const std::string& path);

// As LoadFile, with the text at hand; `name` stands for the file in errors and for its folder.
StatusOr<Settings> LoadString(std::string_view text, const std::string& name);

}  // namespace penstock::config
