// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ari/status.h"
#include "ari/version.h"

namespace penstock::ari {

// Memory for the strings of one packet that cannot be views of its line because they hold escapes.
// Owner: a parser, which reuses it for each packet. Invariant: views stay valid until the next
// Reset().
class Scratch {
 public:
  // Makes room for all strings of a line of `line_size` bytes. Decoding never yields more than
  // twice its input.
  void Reset(size_t line_size);
  char* cursor() { return data_.get() + used_; }
  void Advance(size_t n) { used_ += n; }

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t used_ = 0;
};

// A string of a packet, or its null.
struct Text {
  std::string_view value;
  bool null = false;
};

// Appends the token of `value` (nullopt: null) to `out`.
void AppendEncoded(std::optional<std::string_view> value, Encoding encoding, std::string* out);

// Decodes one token. Without an escape *out is a view of `token` (zero copy), else of `scratch`.
// The bytes are not checked to be UTF-8.
Status DecodeText(std::string_view token, Encoding encoding, Scratch* scratch, Text* out);

// Decodes the Base64 of a `Y` value, takes its bytes for ISO-8859-1 and gives them as UTF-8.
Status DecodeBytes(std::string_view token, Scratch* scratch, Text* out);

// Convenience for tests and cold paths: an owned string, nullopt on null.
Status DecodeToString(std::string_view token, Encoding encoding, std::optional<std::string>* out);

}  // namespace penstock::ari
