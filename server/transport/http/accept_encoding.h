// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "transport/http/request_head.h"

namespace penstock::http {

// Whether the client takes gzip, and likes it no less than a plain body (RFC 9110 section 12.5.3).
bool AcceptsGzip(const RequestHead& head);

}  // namespace penstock::http
