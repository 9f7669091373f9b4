// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <ostream>
#include <vector>

#include "load/report.h"

namespace penstock::load {

// A picture (SVG) of a run, second by second: deliveries above, latency below.
void WritePlot(const std::vector<Second>& seconds, std::ostream& out);

}  // namespace penstock::load
