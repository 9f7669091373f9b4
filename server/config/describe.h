// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "config/settings.h"

namespace penstock::config {

// The effective settings as TOML, for `--check-config` and the debug log. Passwords are masked, and
// so are the values of remote parameters whose names speak of a secret. Without such secrets the
// text loads as the same settings.
std::string Describe(const Settings& settings);

// The text of conf/penstock.toml: every key, its default and why it is there.
std::string DefaultFileText();

}  // namespace penstock::config
