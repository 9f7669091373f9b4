// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

namespace penstock::adapters {

// What a TCP connection has sent us, read or not. The kernel's header that tells it cannot be
// included beside those of Asio.
std::uint64_t ReceivedBytes(int descriptor);

}  // namespace penstock::adapters
