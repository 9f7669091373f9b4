// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/termination_signal.h"

namespace penstock::program {

TerminationSignal::TerminationSignal() : signals_() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int TerminationSignal::Wait() {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) {
  }
  return signal;
}

}  // namespace penstock::program
