// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runner/transcript.h"

namespace penstock::transcript {

namespace {

constexpr std::string_view kMarks = "><!@";

Step::Kind KindOf(char mark) {
  switch (mark) {
    case '>':
      return Step::Kind::kRequest;
    case '<':
      return Step::Kind::kExpect;
    case '@':
      return Step::Kind::kWait;
    default:
      return Step::Kind::kFact;
  }
}

// A request's name stands alone on its line; a line of parameters has a '='.
bool BeginsMessage(std::string_view line) {
  return !line.empty() && line.find('=') == std::string_view::npos;
}

// True if the line goes on with what the step before it began.
bool Continues(const std::vector<Step>& steps, const Step& next, bool adjacent) {
  if (!adjacent || steps.empty()) return false;
  const Step& last = steps.back();
  if (last.kind != next.kind || last.client != next.client) return false;
  if (next.kind == Step::Kind::kExpect) return true;
  return next.kind == Step::Kind::kRequest && !BeginsMessage(next.text);
}

void Append(std::vector<Step>& steps, Step step, bool adjacent) {
  const bool more = Continues(steps, step, adjacent);
  if (step.kind == Step::Kind::kExpect) {
    if (!more) steps.push_back(step);
    if (step.text != "(nothing)") steps.back().lines.push_back(step.text);
  } else if (more) {
    steps.back().text += "\r\n" + step.text;
  } else {
    steps.push_back(std::move(step));
  }
}

}  // namespace

StatusOr<Transcript> Parse(std::string file, std::string_view text) {
  Transcript transcript{std::move(file), {}};
  int number = 0;
  bool adjacent = false;  // nothing stood between this line and the one before
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line[0] == '#') {
      adjacent = false;
      continue;
    }
    const std::string where = transcript.file + ":" + std::to_string(number);
    if (kMarks.find(line[0]) == std::string_view::npos) {
      return InvalidArgument(where + ": a line begins with one of # > < ! @");
    }
    Step step;
    step.kind = KindOf(line[0]);
    step.line = number;
    line.remove_prefix(1);
    if (!line.empty() && line[0] >= '1' && line[0] <= '9') {
      step.client = line[0] - '0';
      line.remove_prefix(1);
    }
    if (!line.empty() && line[0] != ' ') {
      return InvalidArgument(where + ": a space is missing behind the mark");
    }
    if (!line.empty()) line.remove_prefix(1);
    step.text = line;
    Append(transcript.steps, std::move(step), adjacent);
    adjacent = true;
  }
  if (transcript.steps.empty()) return InvalidArgument(transcript.file + ": nothing happens in it");
  return transcript;
}

}  // namespace penstock::transcript
