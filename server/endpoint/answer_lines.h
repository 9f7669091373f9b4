// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tlcp/line_writer.h"
#include "tlcp/request_parser.h"

namespace penstock::endpoint {

// The line that answers a control request.
inline void AppendAnswer(std::string_view request_id, const std::optional<tlcp::Error>& error,
                         std::string& out) {
  if (error) {
    tlcp::AppendReqErr(request_id, *error, out);
  } else {
    tlcp::AppendReqOk(request_id, out);
  }
}

// The line that answers a request that was not understood.
inline void AppendRejection(const tlcp::Rejection& rejection, std::string& out) {
  switch (rejection.line) {
    case tlcp::Rejection::Line::kConErr:
      tlcp::AppendConErr(rejection.error, out);
      break;
    case tlcp::Rejection::Line::kReqErr:
      tlcp::AppendReqErr(rejection.request_id, rejection.error, out);
      break;
    case tlcp::Rejection::Line::kError:
      tlcp::AppendError(rejection.error, out);
      break;
  }
}

}  // namespace penstock::endpoint
