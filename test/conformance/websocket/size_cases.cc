// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Large messages, many fragments, small pieces, many messages.

#include "case.h"

namespace penstock::test {

namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

std::string Id(std::string_view section, std::size_t index) {
  return std::string(section) + "." + std::to_string(index);
}

}  // namespace

std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i * 7 + i / 91) % 90);
  return text;
}

std::string Fragmented(unsigned opcode, std::string_view payload, std::size_t size) {
  std::string frames;
  do {
    const bool last = payload.size() <= size;
    frames += Frame(opcode, payload.substr(0, size), last);
    payload.remove_prefix(last ? payload.size() : size);
    opcode = kContinuation;
  } while (!payload.empty());
  return frames;
}

void AddSizeCases(std::vector<Case>& cases) {
  for (const bool text : {true, false}) {
    const unsigned opcode = text ? kText : kBinary;
    std::size_t index = 0;
    for (const std::size_t size : {64 * kKiB, 256 * kKiB, kMiB, 4 * kMiB, 8 * kMiB, 16 * kMiB}) {
      cases.push_back({Id(text ? "9.1" : "9.2", ++index),
                       "a message of " + std::to_string(size / kKiB) + " KiB"});
      cases.back().make = [=](Case& one) { one.Echo(opcode, Pattern(size)); };
    }
    index = 0;
    for (std::size_t size = 64; size <= 4 * kMiB; size *= 4) {
      cases.push_back({Id(text ? "9.3" : "9.4", ++index),
                       "4 MiB in fragments of " + std::to_string(size) + " bytes"});
      cases.back().make = [=](Case& one) {
        const std::string payload = Pattern(4 * kMiB);
        one.Send(Fragmented(opcode, payload, size)).Hear(opcode, payload);
      };
    }
    index = 0;
    for (std::size_t chop = 64; chop <= 2048; chop *= 2) {
      cases.push_back({Id(text ? "9.5" : "9.6", ++index),
                       "1 MiB in pieces of " + std::to_string(chop) + " bytes"});
      cases.back().make = [=](Case& one) { one.Echo(opcode, Pattern(kMiB), chop); };
    }
    index = 0;
    for (const std::size_t size : {0, 16, 64, 256, 1024, 4096}) {
      cases.push_back({Id(text ? "9.7" : "9.8", ++index),
                       "1000 messages of " + std::to_string(size) + " bytes, one by one"});
      cases.back().make = [=](Case& one) {
        for (int i = 0; i < 1000; ++i) one.Echo(opcode, Pattern(size));
      };
    }
  }
  cases.push_back({"10.1.1", "64 KiB in fragments as a library makes them"});
  cases.back().Send(Fragmented(kText, Pattern(65536), 1300)).Hear(kText, Pattern(65536));
}

}  // namespace penstock::test
