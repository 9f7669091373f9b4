// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "endpoint.h"
#include "over_grpc/wire.h"
#include "penstock/adapter/types.h"
#include "penstock/adapter/v1/common.pb.h"

namespace penstock::adapter {

// The first word of an adapter: whom it is for, who it is, what it knows.
pb::Hello HelloOf(const Endpoint& endpoint, bool is_data);

// The parameters of Init(): those of the server's first word, overlaid by the host's own.
Params ParamsOf(const pb::Init& init, const Params& own);

}  // namespace penstock::adapter
