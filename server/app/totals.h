// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>

#include "adapters/adapter_hub.h"
#include "endpoint/endpoint.h"
#include "kernel/item_registry.h"
#include "session/session_table.h"

// What the log is told at the end: all that was counted since the start.
namespace penstock::app {

// On the shard.
void LogShardTotals(std::size_t shard, endpoint::Endpoint& endpoint,
                    session::SessionTable& sessions, const kernel::ItemRegistry& items);
void LogProxyTotals(const adapters::ProxyStatus& proxy);

}  // namespace penstock::app
