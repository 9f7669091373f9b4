// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "penstock/adapter/host_options.h"
#include "program/command_line.h"

namespace penstock::program {

// The options that say who the adapter is and whom it trusts, the same for each program.
[[nodiscard]] Taken TakeConnectionOption(std::string_view name, const std::string& value,
                                         adapter::HostOptions& options);

// What they are, for the programs' usage.
[[nodiscard]] const char* ConnectionUsage();

}  // namespace penstock::program
