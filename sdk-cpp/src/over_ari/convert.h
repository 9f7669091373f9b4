// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <vector>

#include "ari/exception.h"
#include "ari/table_messages.h"
#include "ari/types.h"
#include "log.h"
#include "penstock/adapter/error.h"
#include "penstock/adapter/metadata_types.h"
#include "penstock/adapter/types.h"

namespace penstock::adapter {

// Between the public types and those of the codec.

// Client codes above 0 become 0, with a warning (ari.md 3.17).
ari::Exception ToException(const Error& error, const Log& log);
Error FromException(const ari::Exception& exception);
ari::ModeSet ToModes(ModeSet modes);
std::vector<Pair> FromPairs(std::vector<ari::Pair> pairs);
std::vector<Table> FromTables(std::vector<ari::Table> tables);

}  // namespace penstock::adapter
