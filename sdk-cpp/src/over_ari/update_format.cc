// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/update_format.h"

#include <time.h>

#include <charconv>
#include <cstdint>
#include <vector>

#include "ari/data_messages.h"

namespace penstock::adapter {
namespace {

class AriFormat final : public UpdateFormat {
 public:
  explicit AriFormat(ari::Encoding encoding)
      : UpdateFormat(static_cast<size_t>(encoding)), encoding_(encoding) {}

  void Append(std::span<const Field> fields, const UpdateMarks& marks,
              std::string* out) const override {
    thread_local std::vector<ari::FieldView> views;
    views.clear();
    for (const Field& field : fields) {
      views.push_back({field.name, field.value.value_or(std::string_view()), !field.value});
    }
    ari::WriteUpdateTail(marks.snapshot, views.data(), views.size(), encoding_, out);
  }

 private:
  const ari::Encoding encoding_;
};

struct Timestamp {
  int64_t millis = -1;
  char text[24];
  size_t size = 0;
};

}  // namespace

std::string_view TimestampText() {
  thread_local Timestamp last;
  // The coarse clock moves every few milliseconds and is read without a system call; the timestamp
  // is for information only (ari.md 2.1).
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const int64_t millis = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
  if (millis != last.millis) {
    last.millis = millis;
    const auto result = std::to_chars(last.text, last.text + sizeof(last.text), millis);
    last.size = static_cast<size_t>(result.ptr - last.text);
  }
  return {last.text, last.size};
}

const UpdateFormat& AriUpdateFormat(ari::Encoding encoding) {
  static const AriFormat formats[] = {AriFormat(static_cast<ari::Encoding>(0)),
                                      AriFormat(static_cast<ari::Encoding>(1)),
                                      AriFormat(static_cast<ari::Encoding>(2))};
  return formats[static_cast<size_t>(encoding)];
}

}  // namespace penstock::adapter
