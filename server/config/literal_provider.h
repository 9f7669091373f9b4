// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "config/checks.h"
#include "config/problems.h"
#include "config/xml_params.h"

namespace penstock::config {

// Takes the parameters of the other server's LiteralBasedProvider, as the policy of the set, and
// `allow_remote`, which is of this server and ignored by the other. What cannot be kept, so that
// somebody would see more than before, is a problem.
void ReadLiteralProvider(XmlParams* params, LoadedSet* loaded, Problems* problems);

}  // namespace penstock::config
