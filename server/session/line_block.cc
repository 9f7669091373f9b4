// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/line_block.h"

#include <array>
#include <bit>
#include <cstring>
#include <new>

#include "base/check.h"

namespace penstock::session {

// Free blocks of a thread by size; they are linked through their own memory.
class LineBlockPool {
 public:
  using Header = LineBlock::Header;

  LineBlockPool() = default;
  LineBlockPool(const LineBlockPool&) = delete;
  LineBlockPool& operator=(const LineBlockPool&) = delete;
  ~LineBlockPool() {
    for (Node*& list : free_) {
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
    }
  }

  void* Take(std::uint32_t size_class) {
    if (size_class < free_.size() && free_[size_class] != nullptr) {
      Node* const node = free_[size_class];
      free_[size_class] = node->next;
      kept_ -= std::size_t{1} << size_class;
      return node;
    }
    return ::operator new (std::size_t{1} << size_class);
  }

  void Give(void* memory, std::uint32_t size_class) {
    const std::size_t size = std::size_t{1} << size_class;
    if (size_class >= free_.size() || kept_ + size > kMostKept) {
      ::operator delete(memory);
      return;
    }
    kept_ += size;
    free_[size_class] = new (memory) Node{free_[size_class]};
  }

 private:
  struct Node {
    Node* next;
  };
  static constexpr std::size_t kMostKept = 2 * 1024 * 1024;

  std::array<Node*, 17> free_{};  // up to 64 KiB
  std::size_t kept_ = 0;
};

namespace {
LineBlockPool& Pool() {
  thread_local LineBlockPool pool;
  return pool;
}
}  // namespace

LineBlock::Header* LineBlock::Allocate(std::size_t bytes) {
  constexpr std::size_t kSmallest = 32;
  const std::size_t wanted = std::bit_ceil(std::max(bytes + sizeof(Header), kSmallest));
  const auto size_class = static_cast<std::uint32_t>(std::countr_zero(wanted));
  return new (Pool().Take(size_class)) Header{1, 0, size_class};
}

void LineBlock::Free(Header* header) { Pool().Give(header, header->size_class); }

void LineBlock::Assign(std::string_view bytes) {
  PENSTOCK_CHECK(bytes.size() < UINT32_MAX / 2);
  if (header_ == nullptr || header_->holders > 1 || Room(*header_) < bytes.size()) {
    Reset();
    if (bytes.empty()) return;
    header_ = Allocate(bytes.size());
  }
  header_->size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(header_ + 1, bytes.data(), bytes.size());
}

}  // namespace penstock::session
