// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace penstock {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

void BugFound(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: bug: %s\n", file, line, what);
#ifndef NDEBUG
  std::abort();
#endif
}

}  // namespace penstock
