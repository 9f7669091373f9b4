// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "penstock/adapter/subscription.h"

namespace penstock::adapter {

// A way to encode the fields of an update. Immutable, or safe for all threads.
class UpdateFormat {
 public:
  // ARI's encodings come first, the one of gRPC is the last.
  static constexpr size_t kFormats = 4;

  // No two formats of a host have the same index.
  explicit UpdateFormat(size_t index) : index_(index) {}
  size_t index() const { return index_; }
  virtual void Append(std::span<const Field> fields, const UpdateMarks& marks,
                      std::string* out) const = 0;

 protected:
  ~UpdateFormat() = default;

 private:
  const size_t index_;
};

// The encoded fields and marks of one update, once for all servers of one format. Uses buffers of
// the thread: one at a time, and nothing is allocated once they have grown. Owner: a call, on its
// stack.
class UpdateTail {
 public:
  // All must outlive it.
  UpdateTail(std::span<const Field> fields, const UpdateMarks& marks)
      : fields_(fields), marks_(marks) {}

  // What comes behind what is the subscription's own.
  std::string_view In(const UpdateFormat& format);

 private:
  const std::span<const Field> fields_;
  const UpdateMarks marks_;
  bool encoded_[UpdateFormat::kFormats] = {};
};

}  // namespace penstock::adapter
