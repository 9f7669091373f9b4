// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "penstock/adapter/host_options.h"

namespace penstock::program {

// Writes what a host tells to the standard error, a line each, with the name of the adapter.
// Owned by main; must outlive its host. Shard: any; a line is written by one call.
class ConsoleListener final : public adapter::HostListener {
 public:
  explicit ConsoleListener(std::string name);

  void OnLog(adapter::LogLevel level, std::string_view text) override;
  void OnState(adapter::HostState state, std::string_view reason) override;

 private:
  const std::string name_;
};

}  // namespace penstock::program
