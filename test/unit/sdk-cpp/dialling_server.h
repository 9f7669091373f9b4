// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tcp.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/loopback.h"

namespace penstock::adapter {

// The port that a host says it listens on, which the system chose.
inline uint16_t ListeningPort(FakeListener* listener) {
  static constexpr std::string_view kWords = "waits for a server on 127.0.0.1:";
  while (true) {
    const std::string line = listener->log.Next();
    if (const size_t at = line.find(kWords); at != std::string::npos) {
      return static_cast<uint16_t>(std::stoi(line.substr(at + kWords.size())));
    }
    if (line == "<nothing>") return 0;
  }
}

// A connection of a server that dials.
inline UniqueFd DialSocket(uint16_t port) {
  const StopSignal stop;
  auto dialled = Dial({Loopback(port)}, PatienceOf(std::chrono::seconds(20), stop));
  EXPECT_TRUE(dialled.ok());
  return std::move(dialled).value();
}

inline ProxyConnection DialHost(uint16_t port) {
  return ProxyConnection(::dup(DialSocket(port).get()));
}

}  // namespace penstock::adapter
