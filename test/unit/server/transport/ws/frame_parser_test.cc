// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/frame_parser.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/server/transport/ws/client_frame.h"
#include "unit/server/transport/ws/transcribe.h"

namespace penstock::ws {
namespace {

using namespace std::string_literals;

constexpr std::size_t kLimit = 70000;

std::string Transcribe(std::string_view input, const std::vector<std::size_t>& cuts = {}) {
  return Transcriber(kLimit).Run(input, cuts);
}

std::string CloseFrame(int code, std::string_view reason = "") {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return ClientFrame(Opcode::kClose, payload);
}

// The example of RFC 6455 section 5.7.
TEST(FrameParser, ReadsTheFramesOfTheStandard) {
  EXPECT_EQ(Transcribe("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text Hello\nrest 0\n");
  EXPECT_EQ(Transcribe("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "pong Hello\nrest 0\n");
}

TEST(FrameParser, AWholeMessageIsAViewIntoTheBuffer) {
  std::string buffer = ClientFrame(Opcode::kText, "control\r\n") + "next";
  FrameParser parser(kLimit);
  std::size_t consumed = 0;
  const FrameEvent event = parser.Next(buffer, &consumed);
  ASSERT_EQ(event.kind, EventKind::kMessage);
  EXPECT_TRUE(event.text);
  EXPECT_EQ(event.payload, "control\r\n");
  EXPECT_EQ(event.payload.data(), buffer.data() + 6);
  EXPECT_EQ(buffer.substr(consumed), "next");
  EXPECT_FALSE(parser.in_message());
}

TEST(FrameParser, ReadsEverySizeForm) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 65535u, 65536u, 70000u}) {
    const std::string payload(size, 'x');
    EXPECT_EQ(Transcribe(ClientFrame(Opcode::kBinary, payload)),
              "binary " + payload + "\nrest 0\n");
  }
}

TEST(FrameParser, ReadsSeveralFramesOneByOne) {
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, "wsok") + ClientFrame(Opcode::kPing, "p") +
                       ClientFrame(Opcode::kBinary, "")),
            "text wsok\nping p\nbinary \nrest 0\n");
}

TEST(FrameParser, PutsFragmentsTogetherAroundControlFrames) {
  EXPECT_EQ(
      Transcribe(ClientFrame(Opcode::kText, "a\xC3", false) + ClientFrame(Opcode::kPing, "p") +
                 ClientFrame(Opcode::kContinuation, "", false) +
                 ClientFrame(Opcode::kContinuation, "\xA8z") + ClientFrame(Opcode::kText, "next")),
      "ping p\ntext a\xC3\xA8z\ntext next\nrest 0\n");
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kBinary, "\xFF", false) +
                       ClientFrame(Opcode::kContinuation, "\xFE")),
            "binary \xFF\xFE\nrest 0\n");
}

TEST(FrameParser, GivesBackTheMemoryOfFragments) {
  FrameParser parser(kLimit);
  std::string buffer = ClientFrame(Opcode::kText, "a", false);
  std::size_t consumed = 0;
  EXPECT_EQ(parser.Next(buffer, &consumed).kind, EventKind::kNeedMore);
  EXPECT_EQ(consumed, buffer.size());
  EXPECT_TRUE(parser.in_message());
  buffer = ClientFrame(Opcode::kContinuation, "b");
  EXPECT_EQ(parser.Next(buffer, &consumed).payload, "ab");
  EXPECT_EQ(parser.Next({}, &consumed).kind, EventKind::kNeedMore);
  EXPECT_FALSE(parser.in_message());
}

TEST(FrameParser, TellsHowMuchIsMissing) {
  const std::string frame = ClientFrame(Opcode::kText, std::string(300, 'x'));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    FrameParser parser(kLimit);
    std::string buffer = frame.substr(0, size);
    std::size_t consumed = 0;
    const FrameEvent event = parser.Next(buffer, &consumed);
    ASSERT_EQ(event.kind, EventKind::kNeedMore);
    EXPECT_GT(event.missing, 0u);
    EXPECT_LE(event.missing, frame.size() - size);
    if (size >= 8) {
      EXPECT_EQ(event.missing, frame.size() - size);
    }
    EXPECT_EQ(consumed, 0u);
  }
}

TEST(FrameParser, ReadsCloseFrames) {
  EXPECT_EQ(Transcribe(CloseFrame(1000, "bye")), "close 1000 bye\nrest 0\n");
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kClose, "")), "close 1005 \nrest 0\n");
  for (const int code : {1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 4999}) {
    EXPECT_EQ(Transcribe(CloseFrame(code)), "close " + std::to_string(code) + " \nrest 0\n");
  }
}

TEST(FrameParser, SwallowsWhatFollowsAClose) {
  EXPECT_EQ(Transcribe(CloseFrame(1000) + ClientFrame(Opcode::kText, "late") + "\xFF junk"),
            "close 1000 \nrest 0\n");
}

TEST(FrameParser, RefusesBadCloseFrames) {
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535}) {
    EXPECT_EQ(Transcribe(CloseFrame(code)), "error 1002 bad close code\nrest 0\n") << code;
  }
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kClose, "x")),
            "error 1002 close frame of one byte\nrest 0\n");
  EXPECT_EQ(Transcribe(CloseFrame(1000, "\xFF")), "error 1007 close reason is not UTF-8\nrest 0\n");
}

TEST(FrameParser, RejectsUnmaskedClientFrame) {
  EXPECT_EQ(Transcribe("\x81\x05Hello"), "error 1002 frame without mask\nrest 0\n");
  EXPECT_EQ(Transcribe("\x81"s + '\0'), "error 1002 frame without mask\nrest 0\n");
}

TEST(FrameParser, RefusesReservedBitsAndOpcodes) {
  for (const unsigned bit : {0x40u, 0x20u, 0x10u}) {
    std::string frame = ClientFrame(Opcode::kText, "x");
    frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | bit);
    EXPECT_EQ(Transcribe(frame), "error 1002 reserved bits in use\nrest 0\n");
  }
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(Transcribe(ClientFrame(static_cast<Opcode>(opcode), "x")),
              "error 1002 unknown opcode\nrest 0\n");
  }
}

TEST(FrameParser, RefusesLongOrFragmentedControlFrames) {
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kPing, std::string(125, 'p'))),
            "ping " + std::string(125, 'p') + "\nrest 0\n");
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kPing, std::string(126, 'p'))),
            "error 1002 long control frame\nrest 0\n");
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kPing, "p", false)),
            "error 1002 control frame in fragments\nrest 0\n");
}

TEST(FrameParser, RefusesFragmentsOutOfOrder) {
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kContinuation, "x")),
            "error 1002 continuation of nothing\nrest 0\n");
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, "x", false) + ClientFrame(Opcode::kText, "y")),
            "error 1002 new message inside a message\nrest 0\n");
  EXPECT_EQ(
      Transcribe(ClientFrame(Opcode::kText, "x", false) + ClientFrame(Opcode::kContinuation, "y") +
                 ClientFrame(Opcode::kContinuation, "z")),
      "text xy\nerror 1002 continuation of nothing\nrest 0\n");
}

TEST(FrameParser, RefusesSizesNotInTheirShortestForm) {
  const std::string answer = "error 1002 frame size not in its shortest form\nrest 0\n";
  EXPECT_EQ(Transcribe("\x82\xFE\x00\x7D"s), answer);
  EXPECT_EQ(Transcribe("\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF"s), answer);
  EXPECT_EQ(Transcribe("\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00"s),
            "error 1002 frame size out of range\nrest 0\n");
}

TEST(FrameParser, LimitsMessages) {
  const std::string answer = "error 1009 message too large\nrest 0\n";
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kBinary, std::string(kLimit + 1, 'x'))), answer);
  EXPECT_EQ(Transcribe("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), answer);
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, std::string(kLimit, 'x'), false) +
                       ClientFrame(Opcode::kContinuation, "x")),
            answer);
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, std::string(kLimit, 'x'), false) +
                       ClientFrame(Opcode::kContinuation, "")),
            "text " + std::string(kLimit, 'x') + "\nrest 0\n");
}

TEST(FrameParser, RefusesTextThatIsNotUtf8) {
  const std::string answer = "error 1007 text is not UTF-8\nrest 0\n";
  for (const std::string_view text :
       {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, text)), answer);
  }
  EXPECT_EQ(Transcribe(ClientFrame(Opcode::kText, "\xC3", false) +
                       ClientFrame(Opcode::kContinuation, "x")),
            answer);
}

TEST(FrameParser, TellsBadTextBeforeTheRestOfItsFrameComes) {
  const std::string frame =
      ClientFrame(Opcode::kText, "0123456789\xF4\x90" + std::string(300, 'x'));
  const std::size_t bad = 8 + 11;  // of the header and of the text
  for (std::size_t size = 0; size < frame.size(); ++size) {
    FrameParser parser(kLimit);
    std::string buffer = frame.substr(0, size);
    std::size_t consumed = 0;
    const FrameEvent event = parser.Next(buffer, &consumed);
    ASSERT_EQ(event.kind == EventKind::kError, size > bad) << size;
  }
}

TEST(FrameParser, TellsBadTextBeforeTheRestOfItsMessageComes) {
  FrameParser parser(kLimit);
  std::string buffer = ClientFrame(Opcode::kText, "a\xC3", false);
  std::size_t consumed = 0;
  EXPECT_EQ(parser.Next(buffer, &consumed).kind, EventKind::kNeedMore);
  buffer = ClientFrame(Opcode::kContinuation, "\xA9\xFF", false);
  EXPECT_EQ(parser.Next(buffer, &consumed).code, CloseCode::kInvalidPayload);
}

TEST(FrameParser, RepeatsItsError) {
  FrameParser parser(kLimit);
  std::string buffer = "\x81\x05Hello";
  std::size_t consumed = 0;
  EXPECT_EQ(parser.Next(buffer, &consumed).kind, EventKind::kError);
  buffer = ClientFrame(Opcode::kText, "x");
  const FrameEvent event = parser.Next(buffer, &consumed);
  EXPECT_EQ(event.kind, EventKind::kError);
  EXPECT_EQ(event.code, CloseCode::kProtocolError);
  EXPECT_EQ(consumed, 0u);
}

TEST(FrameParser, EveryCutTellsTheSame) {
  const std::string inputs[] = {
      ClientFrame(Opcode::kText, "wsok") + ClientFrame(Opcode::kText, std::string(130, 'x')) +
          ClientFrame(Opcode::kText, "a\xC3", false) + ClientFrame(Opcode::kPing, "p") +
          ClientFrame(Opcode::kContinuation, "\xA8", false) + ClientFrame(Opcode::kPong, "") +
          ClientFrame(Opcode::kContinuation, "end") + CloseFrame(1001, "gone") + "late",
      ClientFrame(Opcode::kBinary, "x", false) + ClientFrame(Opcode::kBinary, "y"),
      ClientFrame(Opcode::kText, "ok") + ClientFrame(Opcode::kText, "\xC3"),
      ClientFrame(Opcode::kText, "a\xFF", false) + ClientFrame(Opcode::kText, "y"),
      ClientFrame(Opcode::kText, "ok") + ClientFrame(Opcode::kPing, std::string(126, 'p')),
      "\x82\xFF\x00\x00\x00\x00\x00\x10\x00\x00 and more"s,
      "\x82\xFE\x00\x7D and more"s,
      CloseFrame(1005),
  };
  for (const std::string& input : inputs) {
    const std::string whole = Transcribe(input);
    std::vector<std::size_t> every;
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      EXPECT_EQ(Transcribe(input, {cut}), whole) << "cut at " << cut;
      every.push_back(cut);
    }
    EXPECT_EQ(Transcribe(input, every), whole);
  }
}

}  // namespace
}  // namespace penstock::ws
