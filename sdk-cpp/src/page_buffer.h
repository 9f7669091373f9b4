// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace penstock::adapter {

// Bytes in pages of its own: it grows without copying them, and what it gives up the system has
// back at once, where an allocator would keep it for later.
// Thread: one at a time.
class PageBuffer {
 public:
  PageBuffer() = default;
  ~PageBuffer();
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }

  // Makes room for so many bytes more, or throws std::bad_alloc and has changed nothing.
  void Reserve(size_t bytes);
  // Throws std::bad_alloc, unless there is room.
  void Append(std::string_view bytes);
  // Keeps the pages.
  void Clear() { size_ = 0; }
  // An empty one gives up the pages beyond the first `keep` bytes, if the system takes them.
  void Shrink(size_t keep) noexcept;
  void Swap(PageBuffer& other) noexcept;

 private:
  // `capacity`: of whole pages, or none. False: all is as it was.
  bool Resize(size_t capacity) noexcept;

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace penstock::adapter
