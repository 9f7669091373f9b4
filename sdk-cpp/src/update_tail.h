// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ari/version.h"
#include "penstock/adapter/subscription.h"

namespace penstock::adapter {

// The present time as events carry it, in milliseconds. Valid until the thread's next call.
std::string_view TimestampText();

// The encoded fields of one update, once for all servers of one encoding. Uses buffers of the
// thread: one at a time, and nothing is allocated once they have grown.
// Owner: a call, on its stack.
class UpdateTail {
 public:
  // `fields` must outlive it.
  UpdateTail(std::span<const Field> fields, bool snapshot) : fields_(fields), snapshot_(snapshot) {}

  // What comes behind the head of the update's line.
  std::string_view In(ari::Encoding encoding);

 private:
  const std::span<const Field> fields_;
  const bool snapshot_;
  bool encoded_[3] = {};
};

}  // namespace penstock::adapter
