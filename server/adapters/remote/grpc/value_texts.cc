// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/value_texts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "penstock/adapter/v1/data.pb.h"

namespace penstock::adapters {

namespace {

using adapter::v1::FieldValue;

// Each byte is a character.
void AppendLatin1(const std::string& bytes, std::string* text) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text->push_back(c);
    } else {
      text->push_back(static_cast<char>(0xC0 | (byte >> 6)));
      text->push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
}

// As ECMAScript's Number::toString does.
void AppendNumber(double number, std::string* text) {
  if (std::isnan(number)) {
    text->append("NaN");
    return;
  }
  if (std::isinf(number)) {
    text->append(number < 0 ? "-Infinity" : "Infinity");
    return;
  }
  if (number == 0) {  // there is no -0
    text->append("0");
    return;
  }
  if (number < 0) text->push_back('-');
  char written[32];
  // d.ddde+dd: no number has fewer digits that give it back.
  const auto end = std::to_chars(written, written + sizeof written, std::fabs(number),
                                 std::chars_format::scientific)
                       .ptr;
  char* const e = std::find(written, end, 'e');
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  char digits[20];
  const auto size = static_cast<int>(std::remove_copy(written, e, digits, '.') - digits);
  const std::string_view all(digits, static_cast<std::size_t>(size));
  if (exponent < -6 || exponent >= 21) {
    text->append(all.substr(0, 1)).append(size > 1 ? "." : "").append(all.substr(1));
    text->append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  } else if (exponent < 0) {
    text->append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(all);
  } else if (exponent >= size - 1) {
    text->append(all).append(static_cast<std::size_t>(exponent - size + 1), '0');
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    text->append(all.substr(0, whole)).append(".").append(all.substr(whole));
  }
}

}  // namespace

std::string& ValueTexts::Next() {
  if (used_ == texts_.size()) texts_.emplace_back();
  std::string& text = texts_[used_++];
  text.clear();
  return text;
}

std::optional<std::string_view> ValueTexts::TextOf(const FieldValue& value) {
  switch (value.value_case()) {
    case FieldValue::kText:
      return value.text();
    case FieldValue::kNull:
      return std::string_view();
    case FieldValue::kBoolean:
      return value.boolean() ? "true" : "false";
    case FieldValue::kBinary: {
      std::string& text = Next();
      AppendLatin1(value.binary(), &text);
      return text;
    }
    case FieldValue::kInteger: {
      std::string& text = Next();
      text = std::to_string(value.integer());
      return text;
    }
    case FieldValue::kNumber: {
      std::string& text = Next();
      AppendNumber(value.number(), &text);
      return text;
    }
    case FieldValue::VALUE_NOT_SET:
      break;
  }
  return std::nullopt;
}

}  // namespace penstock::adapters
