// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "update_tail.h"

#include <time.h>

#include <charconv>
#include <cstdint>
#include <vector>

#include "ari/data_messages.h"

namespace penstock::adapter {
namespace {

constexpr size_t kKeptBuffer = 256u << 10;

struct Buffers {
  std::string tails[3];  // by encoding
  std::vector<ari::FieldView> views;
  int64_t millis = -1;
  char time[24];
  size_t time_size = 0;
};

Buffers& OfThread() {
  thread_local Buffers buffers;
  return buffers;
}

}  // namespace

std::string_view TimestampText() {
  Buffers& b = OfThread();
  // The coarse clock moves every few milliseconds and is read without a system call; the timestamp
  // is for information only (ari.md 2.1).
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const int64_t millis = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
  if (millis != b.millis) {
    b.millis = millis;
    const auto result = std::to_chars(b.time, b.time + sizeof(b.time), millis);
    b.time_size = static_cast<size_t>(result.ptr - b.time);
  }
  return {b.time, b.time_size};
}

std::string_view UpdateTail::In(ari::Encoding encoding) {
  Buffers& b = OfThread();
  const auto index = static_cast<size_t>(encoding);
  std::string& tail = b.tails[index];
  if (encoded_[index]) return tail;
  encoded_[index] = true;
  b.views.clear();
  for (const Field& field : fields_) {
    b.views.push_back({field.name, field.value.value_or(std::string_view()), !field.value});
  }
  // One huge event shall not keep its memory for ever.
  if (tail.capacity() > kKeptBuffer) std::string().swap(tail);
  tail.clear();
  ari::WriteUpdateTail(snapshot_, b.views.data(), b.views.size(), encoding, &tail);
  return tail;
}

}  // namespace penstock::adapter
