// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "penstock/adapter/result.h"

namespace penstock::adapter {

// Runs a provider's call; what it throws becomes a plain Error, for no exception may cross the
// host's threads.
template <class F>
auto Guard(F&& call) -> decltype(call()) {
  try {
    return std::forward<F>(call)();
  } catch (const std::exception& e) {
    return Error(e.what());
  } catch (...) {
    return Error("unknown exception");
  }
}

}  // namespace penstock::adapter
