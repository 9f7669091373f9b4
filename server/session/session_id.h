// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/shard.h"

namespace penstock::session {

// Session ids: 'S', 128 random bits in hexadecimal, 'T', the number of the session's shard. Letters
// and digits only, not to be guessed, and any shard can tell where the session lives.
std::string MakeSessionId(runtime::ShardIndex shard);

// Nothing if the text is not of that form.
std::optional<runtime::ShardIndex> ShardOfSessionId(std::string_view id);

}  // namespace penstock::session
