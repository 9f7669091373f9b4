// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "page_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace penstock::adapter {
namespace {

// Whole pages, however large they are.
constexpr size_t kStep = size_t{64} << 10;

size_t RoundUp(size_t bytes) { return (bytes + kStep - 1) / kStep * kStep; }

}  // namespace

PageBuffer::~PageBuffer() { Resize(0); }

void PageBuffer::Reserve(size_t bytes) {
  if (bytes <= capacity_ - size_) return;
  // Pages that nobody touches cost addresses only.
  if (bytes > std::numeric_limits<size_t>::max() / 4 - size_ ||
      !Resize(RoundUp(std::max(size_ + bytes, 2 * capacity_)))) {
    throw std::bad_alloc();
  }
}

void PageBuffer::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  Reserve(bytes.size());
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void PageBuffer::Shrink(size_t keep) noexcept {
  if (empty() && capacity_ > RoundUp(keep)) static_cast<void>(Resize(RoundUp(keep)));
}

void PageBuffer::Swap(PageBuffer& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
}

bool PageBuffer::Resize(size_t capacity) noexcept {
  void* pages = data_;
  if (capacity == 0) {
    if (data_ != nullptr) ::munmap(data_, capacity_);
    pages = nullptr;
  } else if (data_ == nullptr) {
    pages = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  } else {
    pages = ::mremap(data_, capacity_, capacity, MREMAP_MAYMOVE);
  }
  if (pages == MAP_FAILED) return false;
  data_ = static_cast<char*>(pages);
  capacity_ = capacity;
  return true;
}

}  // namespace penstock::adapter
