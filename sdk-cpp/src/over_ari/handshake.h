// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ari/init.h"
#include "ari/method.h"
#include "ari/version.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/types.h"

namespace penstock::adapter {

// RAC, which must be the first packet of each connection (ari.md 1.4).
std::string Greeting(const HostOptions& options);

// Whether a server that answers it so, in at least one whole line, begins with `init`; the error
// says why not.
Status CheckAnswer(ari::Method init, std::string_view said);

// The server's reason in a CLOSE.
std::string CloseReason(const ari::PacketHead& head);

// The version to speak with a server that offers `offered` (absent: 1.8.0), or why there is none
// (ari.md 5.5). With `needs_latest`, a data adapter on one connection, only 1.9.1 will do.
Result<ari::Version> ChooseVersion(const std::optional<std::string>& offered, bool needs_latest);

// The parameters of Init(): those of the request, overlaid by the host's own.
Params MergeParams(const ari::InitRequest& request, const Params& own);

}  // namespace penstock::adapter
