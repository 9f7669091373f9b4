// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peer.h"

namespace penstock::test {

inline constexpr unsigned kContinuation = 0, kText = 1, kBinary = 2, kPing = 9, kPong = 10;
inline constexpr int kNoCode = 0;  // a close frame without one

// One conversation with the echo, and how it ends. Numbered as the public catalogue of WebSocket
// cases does it, so that both can be laid side by side.
struct Case {
  struct Step {
    enum class Kind : std::uint8_t { kSend, kHear };
    Kind kind;
    std::string bytes;     // kSend: as they are; kHear: payload
    std::size_t chop = 0;  // kSend: size of the pieces, 0 = at once
    unsigned opcode = 0;   // kHear
  };
  enum class Ending : std::uint8_t {
    kByClient,  // the client closes with 1000, which comes back
    kByServer,  // the server closes with `code`; the client has said its last word
  };

  std::string id;
  std::string what;
  std::vector<Step> steps = {};
  Ending ending = Ending::kByClient;
  int code = 1000;
  // Adds the steps right before they are taken: the large ones are not all kept at once.
  std::function<void(Case&)> make = {};

  Case& Send(std::string bytes, std::size_t chop = 0) {
    steps.push_back({Step::Kind::kSend, std::move(bytes), chop, 0});
    return *this;
  }
  Case& Hear(unsigned opcode, std::string payload) {
    steps.push_back({Step::Kind::kHear, std::move(payload), 0, opcode});
    return *this;
  }
  // A message that comes back.
  Case& Echo(unsigned opcode, const std::string& payload, std::size_t chop = 0) {
    return Send(Frame(opcode, payload), chop).Hear(opcode, payload);
  }
  Case& Fails(int with) {
    ending = Ending::kByServer;
    code = with;
    return *this;
  }
};

// `size` bytes that differ from their neighbours.
std::string Pattern(std::size_t size);
// A message in fragments of `size` bytes.
std::string Fragmented(unsigned opcode, std::string_view payload, std::size_t size);

void AddFramingCases(std::vector<Case>& cases);        // 1, 2
void AddHeaderCases(std::vector<Case>& cases);         // 3, 4
void AddFragmentationCases(std::vector<Case>& cases);  // 5
void AddUtf8Cases(std::vector<Case>& cases);           // 6
void AddCloseCases(std::vector<Case>& cases);          // 7
void AddSizeCases(std::vector<Case>& cases);           // 9, 10

}  // namespace penstock::test
