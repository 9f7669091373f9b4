// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <signal.h>

namespace penstock::program {

// SIGTERM and SIGINT as something that main waits for, instead of a handler in which hardly a
// function may be called. Made by main before it starts any thread, as threads inherit the mask.
class TerminationSignal {
 public:
  TerminationSignal();

  // Blocks until one of the two arrives; answers with its number.
  [[nodiscard]] int Wait();

 private:
  sigset_t signals_;
};

}  // namespace penstock::program
