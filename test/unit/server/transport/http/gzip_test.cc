// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>

namespace penstock::http {
namespace {

// Decodes as it comes.
class Reader {
 public:
  Reader() { EXPECT_EQ(::inflateInit2(&stream_, 15 + 16), Z_OK); }
  ~Reader() { ::inflateEnd(&stream_); }

  std::string Read(std::string_view in) {
    std::string out(1'000'000, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    ended_ = ::inflate(&stream_, Z_SYNC_FLUSH) == Z_STREAM_END;
    EXPECT_EQ(stream_.avail_in, 0u);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }
  bool ended() const { return ended_; }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

TEST(Gzip, EachPieceCanBeReadWhenItComes) {
  Gzip gzip(Gzip::Memory::kStream);
  Reader reader;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "U,1,1," + std::to_string(i) + "|" + std::string(i % 50, 'x') + "\r\n";
    std::string piece;
    gzip.Append(line, &piece);
    ASSERT_EQ(reader.Read(piece), line);
    ASSERT_FALSE(reader.ended());
  }
  std::string last;
  gzip.Finish("", &last);
  EXPECT_EQ(reader.Read(last), "");
  EXPECT_TRUE(reader.ended());
}

TEST(Gzip, PiecesOfAnySizeArriveWhole) {
  for (const std::size_t size : {1u, 200u, 255u, 256u, 257u, 511u, 512u, 513u, 5000u, 300'000u}) {
    Gzip gzip(Gzip::Memory::kStream);
    Reader reader;
    std::string noise;
    for (std::uint32_t i = 0, state = 7; i < size; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      noise += static_cast<char>(state >> 24);
    }
    std::string piece;
    gzip.Append(noise, &piece);
    EXPECT_EQ(reader.Read(piece), noise) << size;
  }
}

TEST(Gzip, NothingIsNothing) {
  Gzip gzip(Gzip::Memory::kStream);
  std::string out;
  gzip.Append("", &out);
  EXPECT_EQ(out, "");
}

TEST(Gzip, WritesOneBodyAfterTheOther) {
  Gzip gzip(Gzip::Memory::kWhole);
  for (const std::string& body : {std::string(), std::string("short"), std::string(100'000, 'x')}) {
    std::string out;
    gzip.Finish(body, &out);
    Reader reader;
    EXPECT_EQ(reader.Read(out), body);
    EXPECT_TRUE(reader.ended());
  }
}

}  // namespace
}  // namespace penstock::http
