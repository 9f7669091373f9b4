// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/encoding.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// Appends one packet, argument by argument, to a buffer that may already hold others.
// Owner: a write function, on the stack. End() appends the line end and must be the last call.
class PacketWriter {
 public:
  // `out` must outlive the writer. Ids are not encoded: letters and digits only.
  PacketWriter(std::string_view id, Method method, const Dialect& dialect, std::string* out);
  PacketWriter(uint64_t timestamp_millis, Method method, const Dialect& dialect, std::string* out);

  PacketWriter& String(std::string_view value);
  PacketWriter& Nullable(std::optional<std::string_view> value);
  PacketWriter& Nullable(const NullableString& value);
  PacketWriter& Int(int32_t value);
  PacketWriter& Long(int64_t value);
  PacketWriter& Double(double value);
  PacketWriter& Bool(bool value);
  PacketWriter& Modes(ModeSet modes);
  PacketWriter& SingleMode(Mode mode);
  PacketWriter& Platform(MpnPlatform platform);
  PacketWriter& Void();
  PacketWriter& Strings(const std::vector<std::string>& values);
  PacketWriter& Pairs(const std::vector<Pair>& pairs);

  // Without type token.
  PacketWriter& Token(std::string_view raw);
  PacketWriter& BareNullable(const NullableString& value);
  PacketWriter& BareInt(int64_t value);

  void End() { out_->append("\r\n", 2); }

 private:
  std::string* const out_;
  const Encoding encoding_;
};

}  // namespace penstock::ari
