// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace penstock::http {

namespace {

constexpr int kGzipFormat = 16;  // added to the window's bits

struct Sizes {
  int window_bits;
  int memory_level;
};
// deflate takes 2^(window_bits + 2) + 2^(memory_level + 9) bytes and a state of 6 KB.
constexpr Sizes kWholeSizes = {15, 8};
constexpr Sizes kStreamSizes = {11, 4};

}  // namespace

Gzip::Gzip(Memory memory) : stream_(std::make_unique<z_stream_s>()) {
  const Sizes sizes = memory == Memory::kWhole ? kWholeSizes : kStreamSizes;
  const int result =
      ::deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED,
                     sizes.window_bits + kGzipFormat, sizes.memory_level, Z_DEFAULT_STRATEGY);
  // Only memory can be short, and then operator new would have ended us as well.
  PENSTOCK_CHECK(result == Z_OK);
}

Gzip::~Gzip() { ::deflateEnd(stream_.get()); }

void Gzip::Append(std::string_view in, std::string* out) {
  // Flushing nothing twice would be an error of its own.
  if (!in.empty()) Deflate(in, Z_SYNC_FLUSH, out);
}

void Gzip::Finish(std::string_view in, std::string* out) {
  Deflate(in, Z_FINISH, out);
  ::deflateReset(stream_.get());
}

void Gzip::Deflate(std::string_view in, int flush, std::string* out) {
  PENSTOCK_CHECK(in.size() <= std::numeric_limits<uInt>::max());
  constexpr std::size_t kLeastRoom = 256;
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream_->avail_in = static_cast<uInt>(in.size());
  do {
    const std::size_t begin = out->size();
    const std::size_t room = std::max(kLeastRoom, in.size() / 2);
    out->resize(begin + room);
    stream_->next_out = reinterpret_cast<Bytef*>(out->data() + begin);
    stream_->avail_out = static_cast<uInt>(room);
    ::deflate(stream_.get(), flush);
    out->resize(out->size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
}

}  // namespace penstock::http
