// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace penstock::transcript {

// What one line, or one block of lines of the same kind and client, asks of the stage.
struct Step {
  enum class Kind { kRequest, kExpect, kFact, kWait };

  Kind kind = Kind::kFact;
  int line = 0;    // in the file, from 1
  int client = 1;  // kRequest, kExpect, kFact
  // kRequest: the message, lines joined by CR LF. kFact and kWait: what stands behind the mark.
  std::string text;
  // kExpect: the lines, in order; none for `(nothing)`.
  std::vector<std::string> lines;
};

// A transcript as written in test/conformance/tlcp (its README.md has the format).
struct Transcript {
  std::string file;  // for failures
  std::vector<Step> steps;
};

StatusOr<Transcript> Parse(std::string file, std::string_view text);

}  // namespace penstock::transcript
