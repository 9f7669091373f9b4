// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "ari/version.h"
#include "update_tail.h"

namespace penstock::adapter {

// The present time as events carry it, in milliseconds. Valid until the thread's next call.
std::string_view TimestampText();

// How updates are written in one of ARI's encodings.
const UpdateFormat& AriUpdateFormat(ari::Encoding encoding);

}  // namespace penstock::adapter
