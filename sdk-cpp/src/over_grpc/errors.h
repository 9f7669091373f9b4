// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "log.h"
#include "penstock/adapter/error.h"
#include "penstock/adapter/v1/common.pb.h"

namespace penstock::adapter {

// A refusal as the contract has it. Client codes above 0 become 0, with a warning.
v1::Error ToProto(const Error& error, const Log& log);

}  // namespace penstock::adapter
