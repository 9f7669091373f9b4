// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Fragmentation (RFC 6455 section 5.4).

#include "case.h"

namespace penstock::test {

namespace {

// At once, in pieces of about a frame, byte by byte.
constexpr std::size_t kChops[] = {0, 15, 1};

std::string Id(std::size_t index) { return "5." + std::to_string(index); }

}  // namespace

void AddFragmentationCases(std::vector<Case>& cases) {
  cases.push_back({"5.1", "a ping in fragments"});
  cases.back().Send(Frame(kPing, "one", false) + Frame(kContinuation, "two")).Fails(1002);
  cases.push_back({"5.2", "a pong in fragments"});
  cases.back().Send(Frame(kPong, "one", false) + Frame(kContinuation, "two")).Fails(1002);
  const std::string first = Frame(kText, "fragment1", false);
  const std::string last = Frame(kContinuation, "fragment2");
  const std::string ping = Frame(kPing, "between");
  for (std::size_t i = 0; i < 3; ++i) {
    cases.push_back({Id(3 + i), "a text in two fragments"});
    cases.back().Send(first + last, kChops[i]).Hear(kText, "fragment1fragment2");
  }
  for (std::size_t i = 0; i < 3; ++i) {
    cases.push_back({Id(6 + i), "a ping between two fragments"});
    cases.back()
        .Send(first + ping + last, kChops[i])
        .Hear(kPong, "between")
        .Hear(kText, "fragment1fragment2");
  }
  for (std::size_t i = 0; i < 6; ++i) {
    cases.push_back({Id(9 + i), i < 3 ? "the end of nothing" : "the middle of nothing"});
    cases.back()
        .Send(Frame(kContinuation, "nothing before", i < 3) + Frame(kText, "Hello"), kChops[i % 3])
        .Fails(1002);
  }
  cases.push_back({"5.15", "the middle of nothing behind a whole message"});
  cases.back()
      .Send(first + last + Frame(kContinuation, "fragment3", false) + Frame(kText, "fragment4"))
      .Hear(kText, "fragment1fragment2")
      .Fails(1002);
  for (const bool fin : {false, true}) {
    cases.push_back({fin ? "5.17" : "5.16", "a continuation before its message, twice"});
    const std::string both = Frame(kContinuation, "fragment1", fin) +
                             Frame(kText, "fragment2", false) + Frame(kContinuation, "fragment3");
    cases.back().Send(both + both).Fails(1002);
  }
  cases.push_back({"5.18", "a new text before the first has ended"});
  cases.back().Send(first + Frame(kText, "fragment2")).Fails(1002);
  for (const bool apart : {false, true}) {
    // The first ping has its pong while the text is not whole yet.
    cases.push_back({apart ? "5.20" : "5.19", "five fragments with pings between"});
    const std::string begin = Frame(kText, "fragment1", false) +
                              Frame(kContinuation, "fragment2", false) + Frame(kPing, "ping 1");
    const std::string end = Frame(kContinuation, "fragment3", false) +
                            Frame(kContinuation, "fragment4", false) + Frame(kPing, "ping 2") +
                            Frame(kContinuation, "fragment5");
    cases.back()
        .Send(begin, apart ? 1 : 0)
        .Hear(kPong, "ping 1")
        .Send(end, apart ? 1 : 0)
        .Hear(kPong, "ping 2")
        .Hear(kText, "fragment1fragment2fragment3fragment4fragment5");
  }
}

}  // namespace penstock::test
