// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/token_reader.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace penstock::ari {

TokenReader::TokenReader(std::string_view args, Encoding encoding, Scratch* scratch)
    : rest_(args), encoding_(encoding), scratch_(scratch) {
  while (!rest_.empty() && rest_.back() == '|') rest_.remove_suffix(1);
  scratch_->Reset(rest_.size());
}

Status TokenReader::Finish() {
  if (ok() && !at_end()) Fail("too many arguments");
  return status_;
}

bool TokenReader::Fail(const char* error) {
  if (status_.ok()) status_ = Status::Error(error);
  return false;
}

bool TokenReader::Raw(std::string_view* token) {
  if (!ok()) return false;
  if (rest_.empty()) return Fail("argument missing");
  const void* bar = std::memchr(rest_.data(), '|', rest_.size());
  if (bar == nullptr) {
    *token = rest_;
    rest_ = {};
  } else {
    const auto length = static_cast<size_t>(static_cast<const char*>(bar) - rest_.data());
    *token = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
  }
  return !token->empty() || Fail("empty token");
}

bool TokenReader::Type(char type) {
  if (!ok()) return false;
  if (rest_.empty()) return Fail("argument missing");
  if (rest_[0] != type) return Fail("argument of another type");
  if (rest_.size() == 1) {
    rest_ = {};
    return true;
  }
  if (rest_[1] != '|') return Fail("argument of another type");
  rest_.remove_prefix(2);
  return true;
}

bool TokenReader::DecodeNext(Text* out) {
  std::string_view token;
  if (!Raw(&token)) return false;
  const Status status = DecodeText(token, encoding_, scratch_, out);
  return status.ok() || Fail(status.message());
}

bool TokenReader::String(Text* out) { return Type('S') && DecodeNext(out); }

bool TokenReader::String(std::string* out) {
  Text text;
  if (!String(&text)) return false;
  if (text.null) return Fail("null where a string is needed");
  out->assign(text.value);
  return true;
}

bool TokenReader::Nullable(NullableString* out) { return Type('S') && BareNullable(out); }

bool TokenReader::BareNullable(NullableString* out) {
  Text text;
  if (!DecodeNext(&text)) return false;
  out->reset();
  if (!text.null) out->emplace(text.value);
  return true;
}

bool TokenReader::Value(Text* out) {
  if (!NextIs('Y')) return String(out);
  std::string_view token;
  if (!Type('Y') || !Raw(&token)) return false;
  const Status status = DecodeBytes(token, scratch_, out);
  return status.ok() || Fail(status.message());
}

bool TokenReader::ToInteger(std::string_view token, int64_t low, int64_t high, int64_t* out) {
  // A null of the Node SDK.
  if (token == "#") {
    *out = 0;
    return true;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc() || end != token.data() + token.size() || value < low || value > high) {
    return Fail("bad integer");
  }
  *out = value;
  return true;
}

bool TokenReader::BareInt(int32_t* out) {
  std::string_view token;
  int64_t value = 0;
  if (!Raw(&token) || !ToInteger(token, std::numeric_limits<int32_t>::min(),
                                 std::numeric_limits<int32_t>::max(), &value)) {
    return false;
  }
  *out = static_cast<int32_t>(value);
  return true;
}

bool TokenReader::Int(int32_t* out) { return Type('I') && BareInt(out); }

bool TokenReader::Long(int64_t* out) {
  std::string_view token;
  return Type('L') && Raw(&token) &&
         ToInteger(token, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                   out);
}

bool TokenReader::Double(double* out) {
  std::string_view token;
  if (!Type('D') || !Raw(&token)) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc() || end != token.data() + token.size() || std::isnan(value)) {
    return Fail("bad number");
  }
  *out = value;
  return true;
}

bool TokenReader::Bool(bool* out) {
  std::string_view token;
  if (!Type('B') || !Raw(&token)) return false;
  *out = token != "0";
  return true;
}

bool TokenReader::Modes(ModeSet* out) {
  std::string_view token;
  if (!Type('M') || !Raw(&token)) return false;
  *out = ModeSet();
  if (token == "#" || token == "$") return true;
  for (const char c : token) {
    switch (c) {
      case 'R':
        out->Add(Mode::kRaw);
        break;
      case 'M':
        out->Add(Mode::kMerge);
        break;
      case 'D':
        out->Add(Mode::kDistinct);
        break;
      case 'C':
        out->Add(Mode::kCommand);
        break;
      default:
        return Fail("unknown mode");
    }
  }
  return true;
}

bool TokenReader::SingleMode(Mode* out) {
  ModeSet modes;
  if (!Modes(&modes)) return false;
  for (const Mode mode : {Mode::kRaw, Mode::kMerge, Mode::kDistinct, Mode::kCommand}) {
    ModeSet one;
    one.Add(mode);
    if (modes == one) {
      *out = mode;
      return true;
    }
  }
  return Fail("exactly one mode is needed");
}

bool TokenReader::Platform(MpnPlatform* out) {
  std::string_view token;
  if (!Type('P') || !Raw(&token)) return false;
  if (token == "A") {
    *out = MpnPlatform::kApple;
  } else if (token == "G") {
    *out = MpnPlatform::kGoogle;
  } else if (token == "#") {
    *out = MpnPlatform::kNone;
  } else {
    return Fail("unknown push platform");
  }
  return true;
}

bool TokenReader::Algorithms(Text* out) {
  std::string_view token;
  if (!Type('F') || !Raw(&token)) return false;
  if (token == "#") {
    *out = Text{{}, true};
  } else if (token == "$") {
    *out = Text{};
  } else {
    *out = Text{token, false};
  }
  return true;
}

bool TokenReader::Pairs(std::vector<Pair>* out) {
  out->clear();
  while (ok() && !at_end()) {
    Pair& pair = out->emplace_back();
    if (!String(&pair.name)) return false;
    Nullable(&pair.value);
  }
  return ok();
}

bool TokenReader::Strings(std::vector<std::string>* out) {
  out->clear();
  while (ok() && !at_end()) String(&out->emplace_back());
  return ok();
}

}  // namespace penstock::ari
