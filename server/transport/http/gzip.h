// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace penstock::http {

// Writes gzip (RFC 1952), one body after the other.
// Owner: a response that streams, or a shard for all its whole bodies. Shard: own.
// Life: all its memory is taken at the construction, nothing is allocated later but for the output.
class Gzip {
 public:
  // What is kept for finding repetitions: kWhole takes about 270 KB, kStream about 24 KB, which is
  // nearly as good for short lines that resemble the ones right before.
  enum class Memory : std::uint8_t { kWhole, kStream };

  explicit Gzip(Memory memory);
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  // Appends to `out` what stands for `in`. A reader can decode all of it at once: nothing is held
  // back for what may follow.
  void Append(std::string_view in, std::string* out);
  // The same, and the end of the body; then another may begin.
  void Finish(std::string_view in, std::string* out);

 private:
  void Deflate(std::string_view in, int flush, std::string* out);

  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace penstock::http
