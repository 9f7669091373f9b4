// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>

#include "penstock/adapter/v1/metadata.pb.h"
#include "session/selection.h"

namespace penstock::adapters {

// What the adapter says that a selector stands for, ready to run. Null if it makes no sense, or is
// beyond the bounds of the contract. Pure.
std::shared_ptr<const session::Selection> ToSelection(
    const penstock::adapter::v1::Selector& selector);

}  // namespace penstock::adapters
