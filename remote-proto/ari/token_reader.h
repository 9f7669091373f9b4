// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ari/encoding.h"
#include "ari/status.h"
#include "ari/types.h"

namespace penstock::ari {

// Reads the arguments of one packet from left to right, a type and its value at a time.
// The first failure sticks: later reads do nothing and return false, and status() tells the first
// cause, so that a parser may read all its arguments and look once. Owner: a parse function, on the
// stack. Separators at the very end of the arguments are ignored ("id|GIS|").
class TokenReader {
 public:
  // `args` and `scratch` must outlive the reader; scratch is reset to fit args.
  TokenReader(std::string_view args, Encoding encoding, Scratch* scratch);

  bool at_end() const { return rest_.empty(); }
  bool ok() const { return status_.ok(); }
  Status status() const { return status_; }
  // status(), and a failure if arguments are left.
  Status Finish();
  bool Fail(const char* error);

  // The next token, undecoded, without consuming it; empty at the end.
  std::string_view Peek() const { return rest_.substr(0, rest_.find('|')); }
  bool NextIs(char type) const {
    return !rest_.empty() && rest_[0] == type && (rest_.size() == 1 || rest_[1] == '|');
  }
  bool Raw(std::string_view* token);
  // Consumes a type token; fails if it is another one.
  bool Type(char type);

  // Each reads the type token and the value.
  bool String(Text* out);
  bool String(std::string* out);  // null is a failure
  bool Nullable(NullableString* out);
  bool Value(Text* out);  // `S` string or `Y` bytes
  bool Int(int32_t* out);
  bool Long(int64_t* out);
  bool Double(double* out);
  bool Bool(bool* out);
  bool Modes(ModeSet* out);
  bool SingleMode(Mode* out);
  bool Platform(MpnPlatform* out);
  bool Algorithms(Text* out);

  // Value without type token, as in exceptions.
  bool BareText(Text* out) { return DecodeNext(out); }
  bool BareNullable(NullableString* out);
  bool BareInt(int32_t* out);

  // Reads to the end: {S name S value?}*, {S string}*.
  bool Pairs(std::vector<Pair>* out);
  bool Strings(std::vector<std::string>* out);

 private:
  bool DecodeNext(Text* out);
  bool ToInteger(std::string_view token, int64_t low, int64_t high, int64_t* out);

  std::string_view rest_;
  const Encoding encoding_;
  Scratch* const scratch_;
  Status status_;
};

}  // namespace penstock::ari
