// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a client decodes from an encoded update is what the adapter sent, and the line is valid
// UTF-8 without a stray line end whatever the adapter sent.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "support/tlcp_decoder.h"
#include "tlcp/update_encoder.h"

namespace penstock::tlcp {
namespace {

// Takes a length byte and that many bytes off the input.
std::string_view TakeText(std::string_view& input) {
  if (input.empty()) return {};
  const std::size_t size = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  const std::string_view text = input.substr(0, size);
  input.remove_prefix(text.size());
  return text;
}

void CheckToken(std::string_view value) {
  std::string token;
  AppendEncodedValue(value, token);
  if (IsPlainValue(value)) PENSTOCK_CHECK(token == value);
  const std::size_t size_before = token.size();
  AppendEncodedValue(value, token);
  PENSTOCK_CHECK(token.size() == 2 * size_before);
  PENSTOCK_CHECK(token.substr(0, size_before) == token.substr(size_before));
}

void CheckDecoded(const test::FieldValue& decoded, const FieldView& sent) {
  PENSTOCK_CHECK(decoded.has_value() != sent.is_null);
  if (sent.is_null) return;
  if (IsValidUtf8(sent.text)) {
    PENSTOCK_CHECK(*decoded == sent.text);
  } else {
    PENSTOCK_CHECK(IsValidUtf8(*decoded));
    PENSTOCK_CHECK(decoded->find("\xEF\xBF\xBD") != std::string::npos);
  }
}

void Run(std::string_view input) {
  if (input.empty()) return;
  const std::size_t count = 1 + static_cast<unsigned char>(input[0]) % 12;
  input.remove_prefix(1);
  test::TlcpItemDecoder client(count);
  for (bool first = true; !input.empty(); first = false) {
    const std::vector<test::FieldValue> before = client.fields();
    std::vector<FieldView> fields(count);
    for (FieldView& field : fields) {
      const unsigned char kind = input.empty() ? 0 : static_cast<unsigned char>(input[0]) % 4;
      if (!input.empty()) input.remove_prefix(1);
      field.is_null = kind == 1;
      field.changed = first || kind != 0;
      if (kind > 1) field.text = TakeText(input);
      if (field.changed && !field.is_null) CheckToken(field.text);
    }
    std::string tail;
    AppendTail(fields, tail);
    PENSTOCK_CHECK(tail.find_first_of("\r\n") == std::string::npos);
    PENSTOCK_CHECK(client.Apply(tail));
    for (std::size_t i = 0; i < count; ++i) {
      if (fields[i].changed) {
        CheckDecoded(client.fields()[i], fields[i]);
      } else {
        PENSTOCK_CHECK(client.fields()[i] == before[i]);
      }
    }
  }
}

}  // namespace
}  // namespace penstock::tlcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  penstock::tlcp::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
