// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "penstock/adapter/host_options.h"

namespace penstock::adapter {

// The log of one host: passes each line to the user's listener, if there is one, with the host's
// name before it. Owner: the host's core. Thread: any.
class Log {
 public:
  // Both must outlive the log.
  Log(HostListener* listener, const std::string& name) : listener_(listener), name_(name) {}

  void Write(LogLevel level, std::string_view text) const {
    if (listener_ == nullptr) return;
    try {
      listener_->OnLog(level, name_ + ": " + std::string(text));
    } catch (...) {
      // No exception may cross the host's threads, and there is nobody to tell.
    }
  }

 private:
  HostListener* const listener_;
  const std::string& name_;
};

}  // namespace penstock::adapter
