// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The closing handshake (RFC 6455 sections 5.5.1, 7).

#include "case.h"

namespace penstock::test {

void AddCloseCases(std::vector<Case>& cases) {
  const std::string normal = CloseFrame(1000);
  cases.push_back({"7.1.1", "a message, then close"});
  cases.back().Echo(kText, "Hello World!");
  cases.push_back({"7.1.2", "two close frames"});
  cases.back().Send(normal + normal).Fails(1000);
  cases.push_back({"7.1.3", "a ping behind the close frame"});
  cases.back().Send(normal + Frame(kPing, "late")).Fails(1000);
  cases.push_back({"7.1.4", "a text behind the close frame"});
  cases.back().Send(normal + Frame(kText, "late")).Fails(1000);
  cases.push_back({"7.1.5", "a close frame between two fragments"});
  cases.back()
      .Send(Frame(kText, "first", false) + normal + Frame(kContinuation, "last"))
      .Fails(1000);
  cases.push_back({"7.1.6", "a large message, a close frame, a ping"});
  cases.back()
      .Send(Frame(kText, Pattern(256 * 1024)) + normal + Frame(kPing, "late"))
      .Hear(kText, Pattern(256 * 1024))
      .Fails(1000);
  cases.push_back({"7.3.1", "a close frame without payload"});
  cases.back().Send(Frame(8, "")).Fails(kNoCode);
  cases.push_back({"7.3.2", "a close frame of one byte"});
  cases.back().Send(Frame(8, "a")).Fails(1002);
  cases.push_back({"7.3.3", "a close frame with a code"});
  cases.back().Send(normal).Fails(1000);
  cases.push_back({"7.3.4", "a close frame with a reason"});
  cases.back().Send(CloseFrame(1000, "Hello World!")).Fails(1000);
  cases.push_back({"7.3.5", "a close frame with the longest reason"});
  cases.back().Send(CloseFrame(1000, std::string(123, '*'))).Fails(1000);
  cases.push_back({"7.3.6", "a close frame with a reason that is too long"});
  cases.back().Send(CloseFrame(1000, std::string(124, '*'))).Fails(1002);
  cases.push_back({"7.5.1", "a reason that is not UTF-8"});
  cases.back().Send(CloseFrame(1000, "\xCE\xBA\xED\xA0\x80 edited")).Fails(1007);

  const auto codes = [&](std::string_view section, std::initializer_list<int> list, bool valid) {
    std::size_t index = 0;
    for (const int code : list) {
      cases.push_back({std::string(section) + "." + std::to_string(++index),
                       "close code " + std::to_string(code)});
      cases.back().Send(CloseFrame(code)).Fails(valid ? code : 1002);
    }
  };
  codes("7.7", {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999},
        true);
  codes("7.9", {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999}, false);
  codes("7.13", {5000, 65535}, false);
}

}  // namespace penstock::test
