// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/packet_writer.h"

#include <charconv>
#include <cmath>

namespace penstock::ari {
namespace {

template <class Integer>
void AppendInteger(Integer value, std::string* out) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value);
  out->append(digits, static_cast<size_t>(result.ptr - digits));
}

}  // namespace

PacketWriter::PacketWriter(std::string_view id, Method method, const Dialect& dialect,
                           std::string* out)
    : out_(out), encoding_(dialect.WriteEncoding(method)) {
  out_->append(id);
  Token(MethodText(method));
}

PacketWriter::PacketWriter(uint64_t timestamp_millis, Method method, const Dialect& dialect,
                           std::string* out)
    : out_(out), encoding_(dialect.WriteEncoding(method)) {
  AppendInteger(timestamp_millis, out_);
  Token(MethodText(method));
}

PacketWriter& PacketWriter::Token(std::string_view raw) {
  out_->push_back('|');
  out_->append(raw);
  return *this;
}

PacketWriter& PacketWriter::BareNullable(const NullableString& value) {
  out_->push_back('|');
  AppendEncoded(value ? std::optional<std::string_view>(*value) : std::nullopt, encoding_, out_);
  return *this;
}

PacketWriter& PacketWriter::BareInt(int64_t value) {
  out_->push_back('|');
  AppendInteger(value, out_);
  return *this;
}

PacketWriter& PacketWriter::Nullable(std::optional<std::string_view> value) {
  out_->append("|S|", 3);
  AppendEncoded(value, encoding_, out_);
  return *this;
}

PacketWriter& PacketWriter::Nullable(const NullableString& value) {
  return Nullable(value ? std::optional<std::string_view>(*value) : std::nullopt);
}

PacketWriter& PacketWriter::String(std::string_view value) {
  return Nullable(std::optional<std::string_view>(value));
}

PacketWriter& PacketWriter::Int(int32_t value) { return Token("I").BareInt(value); }

PacketWriter& PacketWriter::Long(int64_t value) { return Token("L").BareInt(value); }

PacketWriter& PacketWriter::Double(double value) {
  out_->append("|D|", 3);
  if (std::isinf(value)) {
    out_->append(value < 0 ? "-Infinity" : "Infinity");
    return *this;
  }
  // No peer can read NaN; zero is "no limit" wherever the protocol has a double.
  if (std::isnan(value)) value = 0;
  char digits[40];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value);
  const std::string_view text(digits, static_cast<size_t>(result.ptr - digits));
  out_->append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out_->append(".0", 2);
  return *this;
}

PacketWriter& PacketWriter::Bool(bool value) { return Token("B").Token(value ? "1" : "0"); }

PacketWriter& PacketWriter::Modes(ModeSet modes) {
  out_->append("|M|", 3);
  if (modes.empty()) out_->push_back('$');
  if (modes.Has(Mode::kRaw)) out_->push_back('R');
  if (modes.Has(Mode::kMerge)) out_->push_back('M');
  if (modes.Has(Mode::kDistinct)) out_->push_back('D');
  if (modes.Has(Mode::kCommand)) out_->push_back('C');
  return *this;
}

PacketWriter& PacketWriter::SingleMode(Mode mode) {
  ModeSet modes;
  modes.Add(mode);
  return Modes(modes);
}

PacketWriter& PacketWriter::Platform(MpnPlatform platform) {
  return Token("P").Token(platform == MpnPlatform::kApple    ? "A"
                          : platform == MpnPlatform::kGoogle ? "G"
                                                             : "#");
}

PacketWriter& PacketWriter::Void() { return Token("V"); }

PacketWriter& PacketWriter::Strings(const std::vector<std::string>& values) {
  for (const std::string& value : values) String(value);
  return *this;
}

PacketWriter& PacketWriter::Pairs(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    String(pair.name);
    Nullable(pair.value);
  }
  return *this;
}

}  // namespace penstock::ari
