// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "support/allocation_counter.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t allocations = 0;

void* Allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  // aligned_alloc wants a whole number of alignments.
  void* const made = alignment <= alignof(std::max_align_t)
                         ? std::malloc(size == 0 ? 1 : size)
                         : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

}  // namespace

namespace penstock::test {

std::uint64_t AllocationsSoFar() { return allocations; }

}  // namespace penstock::test

// The forms for arrays call these; the one without exceptions is the sanitizer's own, where there
// is one, and would not fit.
void* operator new(std::size_t size) { return Allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
