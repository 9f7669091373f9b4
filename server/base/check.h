// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

// Three classes of defect, after what it costs to go on:
//   PENSTOCK_CHECK   continuing is unsafe: print the place and abort, in every build.
//   PENSTOCK_DCHECK  cheap documentation of an invariant: debug builds only.
//   PENSTOCK_BUG     should not happen but is survivable: aborts in debug builds, prints once a
//                    site in release builds and goes on.
// None of them may depend on anything a peer, a file or an adapter can cause.

namespace penstock {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
void BugFound(const char* what, const char* file, int line);

}  // namespace penstock

#define PENSTOCK_CHECK(condition)                              \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::penstock::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

#ifdef NDEBUG
#define PENSTOCK_DCHECK(condition) \
  do {                             \
  } while (false)
#else
#define PENSTOCK_DCHECK(condition) PENSTOCK_CHECK(condition)
#endif

#define PENSTOCK_BUG(what)                            \
  do {                                                \
    static bool penstock_reported = false;            \
    if (!penstock_reported) {                         \
      penstock_reported = true;                       \
      ::penstock::BugFound(what, __FILE__, __LINE__); \
    }                                                 \
  } while (false)
