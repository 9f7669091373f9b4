// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "base/status.h"
#include "config/settings.h"
#include "endpoint/endpoint.h"
#include "protection/gate.h"
#include "session/options.h"

// From the settings, as a file has them, to what each part takes. Pure.
namespace penstock::app {

protection::Gate::Options GateOptionsOf(const config::Settings& settings);
// Without the Adapter Sets.
session::Options SessionOptionsOf(const config::Settings& settings);
endpoint::Options EndpointOptionsOf(const config::Settings& settings);
// Without a port.
StatusOr<endpoint::ListenerProfile> ProfileOf(const config::Listener& listener,
                                              const config::Limits& limits);

}  // namespace penstock::app
