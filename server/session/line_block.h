// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace penstock::session {

// Encoded bytes with several holders: the cache that made them and the recovery logs of the
// sessions they were sent to. Counted without atomics. Memory of blocks that nobody holds any more
// is kept by the thread, up to a bound, for the next ones.
//
// A value; never crosses shards. Invariant: bytes that somebody else holds too do not change.
class LineBlock {
 public:
  LineBlock() = default;  // no bytes
  explicit LineBlock(std::string_view bytes) { Assign(bytes); }
  LineBlock(const LineBlock& other) : header_(other.header_) {
    if (header_ != nullptr) ++header_->holders;
  }
  LineBlock(LineBlock&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  LineBlock& operator=(LineBlock other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~LineBlock() { Reset(); }

  std::string_view bytes() const {
    return header_ == nullptr
               ? std::string_view()
               : std::string_view(reinterpret_cast<const char*>(header_ + 1), header_->size);
  }
  operator std::string_view() const { return bytes(); }
  std::size_t size() const { return header_ == nullptr ? 0 : header_->size; }
  bool empty() const { return size() == 0; }

  // Other holders keep what they have.
  void Assign(std::string_view bytes);
  void Reset() {
    if (header_ != nullptr && --header_->holders == 0) Free(header_);
    header_ = nullptr;
  }

 private:
  // In front of the bytes.
  struct Header {
    std::uint32_t holders;
    std::uint32_t size;
    std::uint32_t size_class;  // room for 2^size_class bytes, this header included
  };

  static Header* Allocate(std::size_t bytes);
  static void Free(Header* header);
  static std::size_t Room(const Header& header) {
    return (std::size_t{1} << header.size_class) - sizeof(Header);
  }

  Header* header_ = nullptr;

  friend class LineBlockPool;
};

}  // namespace penstock::session
