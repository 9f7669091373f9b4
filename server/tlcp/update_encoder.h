// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The `U` line: `U,<sub>,<item>,` per subscription, then a tail that all who have the same base and
// schema share, then CR LF (kLineEnd, by the caller, so that a tail can be cached with or without).
// Hot path: no allocation but the growth of `out`. Shard: any; no state.
namespace penstock::tlcp {

// One field of an update. For the first update of an item every field must be `changed`.
struct FieldView {
  std::string_view text;
  bool is_null = false;
  bool changed = true;
};

inline constexpr std::string_view kNullToken = "#";
inline constexpr std::string_view kEmptyToken = "$";

// "U,<sub>,<item>,".
void AppendUpdatePrefix(int sub_id, int item, std::string& out);

// The token of a changed, not null value: `$` if it is empty, else escaped. Text that is not UTF-8
// has each bad sequence replaced by U+FFFD, since a text frame with it would end the connection.
void AppendEncodedValue(std::string_view value, std::string& out);

// True only if the token of `value` is `value` itself; cheap, so false for all that is not ASCII.
bool IsPlainValue(std::string_view value);

// All fields, in the order of the schema.
void AppendTail(std::span<const FieldView> fields, std::string& out);

// Writes a tail field by field, from values or from tokens encoded before. One call a field, then
// Finish(). Life: a local; `out` must outlive it.
class TailWriter {
 public:
  explicit TailWriter(std::string& out) : out_(out) {}

  void Unchanged() { ++run_; }
  void Null() { Token(kNullToken); }
  void Value(std::string_view value) {
    Separate();
    AppendEncodedValue(value, out_);
  }
  // What AppendEncodedValue() wrote, kNullToken, or a value diff.
  void Token(std::string_view token) {
    Separate();
    out_ += token;
  }
  void Finish() {
    if (run_ > 0) FlushRun();
  }

 private:
  void Separate() {
    if (run_ > 0) FlushRun();
    if (!first_) out_ += '|';
    first_ = false;
  }
  void FlushRun();

  std::string& out_;
  std::uint32_t run_ = 0;  // unchanged fields not yet written
  bool first_ = true;      // no token written so far
};

}  // namespace penstock::tlcp
