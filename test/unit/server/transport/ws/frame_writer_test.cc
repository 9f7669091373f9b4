// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/frame_writer.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::ws {
namespace {

using namespace std::string_literals;

TEST(FrameWriter, WritesTheHeaderRightBeforeThePayload) {
  std::string buffer(kMaxHeaderSize, '.');
  buffer += "Hello";
  const std::size_t size = WriteHeader(buffer.data() + kMaxHeaderSize, Opcode::kText, 5);
  EXPECT_EQ(size, 2u);
  EXPECT_EQ(buffer, "........\x81\x05Hello");
}

TEST(FrameWriter, UsesTheShortestSize) {
  const auto header = [](std::uint64_t payload_size) {
    std::string room(kMaxHeaderSize, '.');
    const std::size_t size = WriteHeader(room.data() + room.size(), Opcode::kBinary, payload_size);
    EXPECT_EQ(size, HeaderSize(payload_size));
    return room.substr(room.size() - size);
  };
  EXPECT_EQ(header(0), "\x82\x00"s);
  EXPECT_EQ(header(125), "\x82\x7D"s);
  EXPECT_EQ(header(126), "\x82\x7E\x00\x7E"s);
  EXPECT_EQ(header(0xFFFF), "\x82\x7E\xFF\xFF"s);
  EXPECT_EQ(header(0x10000), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s);
  EXPECT_EQ(header(0x123456789A), "\x82\x7F\x00\x00\x00\x12\x34\x56\x78\x9A"s);
}

TEST(FrameWriter, AppendsFrames) {
  std::string out = "x";
  AppendFrame(Opcode::kText, std::string(200, 'y'), &out);
  EXPECT_EQ(out, "x\x81\x7E\x00\xC8"s + std::string(200, 'y'));
}

TEST(FrameWriter, CutsAMessageIntoFragments) {
  std::string out;
  AppendMessage(Opcode::kText, "abcdef", 0, &out);
  AppendMessage(Opcode::kText, "abcdef", 6, &out);
  EXPECT_EQ(out, "\x81\x06"s + "abcdef\x81\x06"s + "abcdef");
  out.clear();
  AppendMessage(Opcode::kBinary, "abcdef", 4, &out);
  AppendMessage(Opcode::kText, "", 4, &out);
  EXPECT_EQ(out, "\x02\x04"s + "abcd\x80\x02" + "ef\x81\x00"s);
}

TEST(FrameWriter, WritesControlFrames) {
  std::string out;
  AppendPong("p", &out);
  AppendPing("", &out);
  AppendClose(CloseCode::kGoingAway, "bye", &out);
  EXPECT_EQ(out, "\x8A\x01p\x89\x00\x88\x05\x03\xE9"s + "bye");
}

TEST(FrameWriter, ACodeThatMayNotBeSentMakesAnEmptyClose) {
  std::string out;
  AppendClose(CloseCode::kNoStatus, "reason", &out);
  AppendClose(CloseCode::kAbnormal, "reason", &out);
  EXPECT_EQ(out, "\x88\x00\x88\x00"s);
}

TEST(FrameWriter, CutsALongReasonBetweenCharacters) {
  std::string out;
  AppendClose(CloseCode::kNormal, std::string(122, 'x') + "\xC3\xA8", &out);
  EXPECT_EQ(out, "\x88\x7C\x03\xE8" + std::string(122, 'x'));
  out.clear();
  AppendClose(CloseCode::kNormal, std::string(121, 'x') + "\xC3\xA8", &out);
  EXPECT_EQ(out, "\x88\x7D\x03\xE8" + std::string(121, 'x') + "\xC3\xA8");
}

}  // namespace
}  // namespace penstock::ws
