// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/console_listener.h"

#include <cstdio>
#include <utility>

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

std::string_view NameOf(adapter::HostState state) {
  switch (state) {
    case adapter::HostState::kStopped:
      return "stopped";
    case adapter::HostState::kConnecting:
      return "connecting";
    case adapter::HostState::kInit:
      return "connected";
    case adapter::HostState::kReady:
      return "ready";
  }
  return "";
}

void Print(const std::string& name, std::string_view word, std::string_view text) {
  std::string line = name;
  line.append(": ").append(word);
  if (!text.empty()) {
    line.append(": ").append(text);
  }
  line.push_back('\n');
  std::fputs(line.c_str(), stderr);
}

}  // namespace

ConsoleListener::ConsoleListener(std::string name) : name_(std::move(name)) {}

void ConsoleListener::OnLog(adapter::LogLevel level, std::string_view text) {
  if (level != adapter::LogLevel::kDebug) {
    Print(name_, NameOf(level), text);
  }
}

void ConsoleListener::OnState(adapter::HostState state, std::string_view reason) {
  Print(name_, NameOf(state), reason);
}

}  // namespace penstock::program
