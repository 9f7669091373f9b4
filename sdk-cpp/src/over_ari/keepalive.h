// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace penstock::adapter {

// The interval of ari.md 1.8, from what is configured here and what the server hints at in its init
// request. Zero: no keepalives. Before the init request `hint` is absent.
std::chrono::milliseconds KeepaliveInterval(std::optional<std::chrono::milliseconds> configured,
                                            std::optional<int64_t> hint_millis);

}  // namespace penstock::adapter
