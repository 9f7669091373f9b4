// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "adapters/remote/metadata_link.h"
#include "tlcp/codes.h"

// What a client is told when a call of the Metadata Adapter fails (ari.md §3.17). A kind of
// failure that a call may not have counts as an unexpected one.
namespace penstock::adapters {

tlcp::Error OpenSessionError(const Failure& failure);  // NUS, NNS
tlcp::Error ItemsError(const Failure& failure);        // GIS
tlcp::Error SchemaError(const Failure& failure);       // GSC
tlcp::Error SelectorError(const Failure& failure);
tlcp::Error ItemDataError(const Failure& failure);  // GIT, GUI
tlcp::Error TableError(const Failure& failure);     // NNT
tlcp::Error MessageError(const Failure& failure);   // NUM

}  // namespace penstock::adapters
