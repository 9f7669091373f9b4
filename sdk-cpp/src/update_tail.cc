// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "update_tail.h"

namespace penstock::adapter {
namespace {

constexpr size_t kKeptBuffer = 256u << 10;

}  // namespace

std::string_view UpdateTail::In(const UpdateFormat& format) {
  thread_local std::string tails[UpdateFormat::kFormats];
  std::string& tail = tails[format.index()];
  if (encoded_[format.index()]) return tail;
  encoded_[format.index()] = true;
  // One huge event shall not keep its memory for ever.
  if (tail.capacity() > kKeptBuffer) std::string().swap(tail);
  tail.clear();
  format.Append(fields_, marks_, &tail);
  return tail;
}

}  // namespace penstock::adapter
