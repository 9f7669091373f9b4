// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/console_listener.h"

#include <cstdio>
#include <string>

namespace penstock::program {
namespace {

std::string_view NameOf(adapter::LogLevel level) {
  switch (level) {
    case adapter::LogLevel::kDebug:
      return "debug";
    case adapter::LogLevel::kInfo:
      return "info";
    case adapter::LogLevel::kWarning:
      return "warning";
    case adapter::LogLevel::kError:
      return "error";
  }
  return "";
}

}  // namespace

void ConsoleListener::OnLog(adapter::LogLevel level, std::string_view text) {
  if (level == adapter::LogLevel::kDebug) {
    return;
  }
  std::string line(NameOf(level));
  line.append(": ").append(text).push_back('\n');
  std::fputs(line.c_str(), stderr);
}

}  // namespace penstock::program
