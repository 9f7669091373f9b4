// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

namespace penstock::test {

// How often this thread has asked operator new for memory. A program that uses it is linked with
// allocation_counter.cc, which replaces the operators. What calls malloc itself is not seen.
std::uint64_t AllocationsSoFar();

}  // namespace penstock::test
