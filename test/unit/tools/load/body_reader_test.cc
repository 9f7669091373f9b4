// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/body_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace penstock::load {
namespace {

struct Heard final : BodyUser {
  void OnText(std::string_view part) override { text.append(part); }
  void OnPing(std::string_view payload) override { pings.append(payload); }
  std::string text;
  std::string pings;
};

// The same for every split of the bytes in two, and byte by byte.
void ExpectText(bool websocket, const std::string& bytes, const std::string& text) {
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Heard heard;
    BodyReader reader(websocket, &heard);
    EXPECT_EQ(reader.Take(std::string_view(bytes).substr(0, cut)), "");
    EXPECT_EQ(reader.Take(std::string_view(bytes).substr(cut)), "");
    EXPECT_EQ(heard.text, text) << "cut at " << cut;
  }
  Heard heard;
  BodyReader reader(websocket, &heard);
  for (const char& byte : bytes) EXPECT_EQ(reader.Take(std::string_view(&byte, 1)), "");
  EXPECT_EQ(heard.text, text);
}

const std::string kUpgraded = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const std::string kStreaming = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string Frame(char opcode, const std::string& payload) {
  if (payload.size() < 126) {
    return std::string{opcode, static_cast<char>(payload.size())} + payload;
  }
  return std::string{opcode, 126, static_cast<char>(payload.size() >> 8),
                     static_cast<char>(payload.size())} +
         payload;
}

TEST(BodyReader, ReadsFrames) {
  const std::string big(300, 'b');
  ExpectText(true, kUpgraded + Frame('\x81', "one\r\n") + Frame('\x81', big), "one\r\n" + big);
}

TEST(BodyReader, ReadsChunks) {
  ExpectText(false, kStreaming + "5\r\none\r\n\r\n0A\r\n0123456789\r\n0\r\n\r\n",
             "one\r\n0123456789");
}

TEST(BodyReader, TellsTheEndOfTheBody) {
  Heard heard;
  BodyReader reader(false, &heard);
  EXPECT_EQ(reader.Take(kStreaming + "1\r\na\r\n"), "");
  EXPECT_TRUE(reader.has_head());
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(reader.Take("0\r\n\r\n"), "");
  EXPECT_TRUE(reader.at_end());
}

TEST(BodyReader, AnswersNothingButTellsPings) {
  Heard heard;
  BodyReader reader(true, &heard);
  EXPECT_EQ(reader.Take(kUpgraded + Frame('\x89', "beat") + Frame('\x8a', "late")), "");
  EXPECT_EQ(heard.pings, "beat");
  EXPECT_EQ(heard.text, "");
}

TEST(BodyReader, RefusesWhatItCannotUse) {
  Heard heard;
  EXPECT_NE(BodyReader(true, &heard).Take("HTTP/1.1 404 Not Found\r\n\r\n"), "");
  EXPECT_NE(BodyReader(false, &heard).Take(std::string(70000, 'x')), "");
  EXPECT_NE(BodyReader(false, &heard).Take(kStreaming + "zz\r\n"), "");
  EXPECT_NE(BodyReader(true, &heard).Take(kUpgraded + Frame('\x88', "")), "");
  EXPECT_NE(BodyReader(true, &heard).Take(kUpgraded + Frame('\x89', std::string(200, 'p'))), "");
}

TEST(AppendFrame, MasksEverySize) {
  for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
    std::string out;
    AppendFrame(kTextFrame, std::string(size, 'p'), &out);
    const std::size_t head = size < 126 ? 2 : size < 65536 ? 4 : 10;
    EXPECT_EQ(out.size(), head + 4 + size);
    EXPECT_EQ(out[0], '\x81');
    EXPECT_NE(out[1] & '\x80', 0);
  }
}

}  // namespace
}  // namespace penstock::load
