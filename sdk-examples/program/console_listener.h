// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "penstock/adapter/host_options.h"

namespace penstock::program {

// Writes what hosts log to the standard error, a line each; the library's lines carry the name of
// the adapter. Owned by main; must outlive its hosts. Shard: any; a line is written by one call.
class ConsoleListener final : public adapter::HostListener {
 public:
  void OnLog(adapter::LogLevel level, std::string_view text) override;
};

}  // namespace penstock::program
