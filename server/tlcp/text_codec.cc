// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/text_codec.h"

namespace penstock::tlcp {
namespace {

// The Unicode standard's table 3-7: only the second byte has ranges of its own.
struct Lead {
  std::size_t size = 0;  // of the whole sequence; 0 if no character begins like this
  unsigned char second_low = 0x80;
  unsigned char second_high = 0xBF;
};

constexpr Lead DescribeLead(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xC2) return {};
  if (lead < 0xE0) return {2};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

}  // namespace

Utf8Step NextUtf8(std::string_view text) {
  if (text.empty()) return {};
  const Lead lead = DescribeLead(static_cast<unsigned char>(text[0]));
  if (lead.size == 0) return {1, false};
  for (std::size_t i = 1; i < lead.size; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char low = i == 1 ? lead.second_low : 0x80;
    const unsigned char high = i == 1 ? lead.second_high : 0xBF;
    if (byte < low || byte > high) return {i, false};
  }
  return {lead.size, true};
}

}  // namespace penstock::tlcp
