// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/checks.h"
#include "config/problems.h"

namespace penstock::config {

// Reads an `adapters.xml` that was written for the other server, so that an adapter set moves over
// as it is. Of such a file only the proxies for remote adapters can mean something here:
//  - what this server does as well is honoured;
//  - what it does not do goes to `notes`, once for each name;
//  - what would be unsafe to leave out (TLS, dialling out, an adapter that runs in the server) is
//    a problem, and so is a value out of range.
// Names of elements and parameters match whatever their case. Nothing if the text is no such file.
std::optional<LoadedSet> ParseAdaptersXml(std::string_view text, const std::string& name,
                                          std::vector<std::string>* notes, Problems* problems);

}  // namespace penstock::config
