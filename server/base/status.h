// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Errors of the cold path are values. Debian's abseil has its own string_view, so messages are
// built as std::string and read back through Message().

namespace penstock {

using absl::Status;
using absl::StatusOr;

inline Status OkStatus() { return absl::OkStatus(); }
inline Status InvalidArgument(const std::string& what) { return absl::InvalidArgumentError(what); }
inline Status Unavailable(const std::string& what) { return absl::UnavailableError(what); }
inline Status Internal(const std::string& what) { return absl::InternalError(what); }
inline Status DeadlineExceeded(const std::string& what) {
  return absl::DeadlineExceededError(what);
}
inline std::string_view Message(const Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace penstock

#define PENSTOCK_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                      \
    if (auto penstock_status = (expression); !penstock_status.ok()) return penstock_status; \
  } while (false)
