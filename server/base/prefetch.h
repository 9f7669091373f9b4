// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>

namespace penstock {

// Asks for memory that will be used soon. A hint: any address may be given, and none is read.
inline void Prefetch(const void* memory, std::size_t bytes = 1) {
  constexpr std::size_t kCacheLine = 64;
  const char* const at = static_cast<const char*>(memory);
  for (std::size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(at + i);
}

}  // namespace penstock
