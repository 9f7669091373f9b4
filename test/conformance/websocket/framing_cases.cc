// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Framing, pings, reserved bits and opcodes (RFC 6455 sections 5.2, 5.5).

#include "case.h"

namespace penstock::test {

namespace {

std::string Number(std::string_view section, std::size_t index) {
  return std::string(section) + "." + std::to_string(index);
}

}  // namespace

void AddFramingCases(std::vector<Case>& cases) {
  struct Size {
    std::size_t bytes, chop;
  };
  constexpr Size kSizes[] = {{0, 0},   {125, 0},   {126, 0},   {127, 0},
                             {128, 0}, {65535, 0}, {65536, 0}, {65536, 997}};
  for (const unsigned opcode : {kText, kBinary}) {
    std::size_t index = 0;
    for (const Size& size : kSizes) {
      cases.push_back({Number(opcode == kText ? "1.1" : "1.2", ++index),
                       "a message of " + std::to_string(size.bytes) + " bytes"});
      cases.back().Echo(opcode, Pattern(size.bytes), size.chop);
    }
  }
  const std::string binary("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  const std::string full(125, '\xFE');
  cases.push_back({"2.1", "a ping of nothing"});
  cases.back().Send(Frame(kPing, "")).Hear(kPong, "");
  cases.push_back({"2.2", "a ping of text"});
  cases.back().Send(Frame(kPing, "Hello, world!")).Hear(kPong, "Hello, world!");
  cases.push_back({"2.3", "a ping of bytes that are no text"});
  cases.back().Send(Frame(kPing, binary)).Hear(kPong, binary);
  cases.push_back({"2.4", "the longest ping"});
  cases.back().Send(Frame(kPing, full)).Hear(kPong, full);
  cases.push_back({"2.5", "a ping that is too long"});
  cases.back().Send(Frame(kPing, full + "x")).Fails(1002);
  cases.push_back({"2.6", "the longest ping, byte by byte"});
  cases.back().Send(Frame(kPing, full), 1).Hear(kPong, full);
  cases.push_back({"2.7", "a pong that nobody asked for"});
  cases.back().Send(Frame(kPong, ""));
  cases.push_back({"2.8", "a pong with payload that nobody asked for"});
  cases.back().Send(Frame(kPong, "unasked"));
  cases.push_back({"2.9", "a ping behind a pong that nobody asked for"});
  cases.back().Send(Frame(kPong, "unasked")).Send(Frame(kPing, "asked")).Hear(kPong, "asked");
  for (const std::size_t chop : {0u, 1u}) {
    cases.push_back({chop == 0 ? "2.10" : "2.11", "ten pings in a row"});
    std::string pings;
    for (int i = 0; i < 10; ++i) pings += Frame(kPing, "ping " + std::to_string(i));
    cases.back().Send(pings, chop);
    for (int i = 0; i < 10; ++i) cases.back().Hear(kPong, "ping " + std::to_string(i));
  }
}

void AddHeaderCases(std::vector<Case>& cases) {
  const std::string hello = "Hello, world!";
  // What follows a frame that breaks the rules is not answered.
  const auto broken = [&](std::string id, std::string what, unsigned first, std::string payload,
                          std::size_t chop) {
    cases.push_back({std::move(id), std::move(what)});
    cases.back()
        .Send(Frame(kText, hello) + RawFrame(first, payload) + Frame(kPing, ""), chop)
        .Hear(kText, hello)
        .Fails(1002);
  };
  cases.push_back({"3.1", "a text with reserved bits 1"});
  cases.back().Send(RawFrame(0x80 | 0x10 | kText, hello)).Fails(1002);
  broken("3.2", "a text with reserved bits 2", 0x80 | 0x20 | kText, hello, 0);
  broken("3.3", "a text with reserved bits 3, frame by frame", 0x80 | 0x30 | kText, hello, 19);
  broken("3.4", "a text with reserved bits 4, byte by byte", 0x80 | 0x40 | kText, hello, 1);
  cases.push_back({"3.5", "a binary message with reserved bits 5"});
  cases.back().Send(RawFrame(0x80 | 0x50 | kBinary, hello)).Fails(1002);
  cases.push_back({"3.6", "a ping with reserved bits 6"});
  cases.back().Send(RawFrame(0x80 | 0x60 | kPing, hello)).Fails(1002);
  cases.push_back({"3.7", "a close frame with reserved bits 7"});
  cases.back().Send(RawFrame(0x80 | 0x70 | 8, "")).Fails(1002);

  const auto unknown = [&](std::string_view section, unsigned first) {
    for (unsigned i = 0; i < 5; ++i) {
      const std::string what = "opcode " + std::to_string(first + i);
      const std::string payload = i % 2 == 0 ? "" : hello;
      if (i < 2) {
        cases.push_back({Number(section, i + 1), what});
        cases.back().Send(Frame(first + i, payload)).Fails(1002);
      } else {
        broken(Number(section, i + 1), what, 0x80 | (first + i), payload, i == 4 ? 1 : 0);
      }
    }
  };
  unknown("4.1", 3);
  unknown("4.2", 11);
}

}  // namespace penstock::test
