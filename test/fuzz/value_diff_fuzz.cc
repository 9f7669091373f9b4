// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A client that follows a field through any values, sent as diffs wherever there is one, meets no
// error and ends with each value, compared as JSON where it came as a patch; and no diff is longer
// than the value, but for patches that are wanted always.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "support/tlcp_decoder.h"
#include "tlcp/update_encoder.h"
#include "tlcp/value_diff.h"

namespace penstock::tlcp {
namespace {

// The client of one field, and what it is sent.
class Field {
 public:
  explicit Field(unsigned flags) {
    if ((flags & 1) != 0) order_.Add(DiffAlgorithm::kTlcpDiff);
    if ((flags & 2) != 0) order_.Add(DiffAlgorithm::kJsonPatch);
    if ((flags & 4) != 0) order_.Add(DiffAlgorithm::kTlcpDiff);
    support_ = {(flags & 8) == 0, (flags & 16) == 0};
    limits_.json_patch_min_length.reset();
    if ((flags & 32) == 0) limits_.json_patch_min_length = (flags & 64) == 0 ? 0 : 50;
  }

  const std::string& value() const { return value_; }

  void Send(const std::string& next) {
    std::string full;
    AppendEncodedValue(next, full);
    std::string token = "x";
    if (first_ || !AppendValueDiff(value_, next, order_, support_, limits_, token)) {
      PENSTOCK_CHECK(token == "x");
      token = full;
    } else {
      token.erase(0, 1);
      CheckToken(token, full);
    }
    PENSTOCK_CHECK(client_.Apply(token));
    CheckDecoded(next);
    first_ = false;
    value_ = next;
  }

 private:
  void CheckToken(std::string_view token, std::string_view full) const {
    const bool patch = token.starts_with("^P");
    PENSTOCK_CHECK(patch || token.starts_with("^T"));
    PENSTOCK_CHECK(patch ? support_.json_patch : support_.tlcp_diff);
    PENSTOCK_CHECK(order_.contains(patch ? DiffAlgorithm::kJsonPatch : DiffAlgorithm::kTlcpDiff));
    PENSTOCK_CHECK(token.size() < full.size() || (patch && !limits_.json_patch_min_length));
    PENSTOCK_CHECK(token.find_first_of("|\r\n") == std::string_view::npos);
  }

  void CheckDecoded(const std::string& next) const {
    const test::FieldValue& decoded = client_.fields()[0];
    PENSTOCK_CHECK(decoded.has_value());
    if (client_.IsDocument(0)) {
      PENSTOCK_CHECK(nlohmann::json::parse(*decoded) == nlohmann::json::parse(next));
    } else if (IsValidUtf8(next)) {
      PENSTOCK_CHECK(*decoded == next);
    }
  }

  DiffOrder order_;
  DiffSupport support_;
  DiffLimits limits_;
  test::TlcpItemDecoder client_{1};
  std::string value_;
  bool first_ = true;
};

// Takes up to `size` bytes off the input.
std::string_view Take(std::string_view& input, std::size_t size) {
  const std::string_view text = input.substr(0, size);
  input.remove_prefix(text.size());
  return text;
}

std::size_t TakeNumber(std::string_view& input) {
  std::size_t number = 0;
  for (const char c : Take(input, 2)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

// Values end with 0xFF. One that begins with 0xFE is an edit of the one before: where, how much is
// replaced, by what.
void Run(std::string_view input) {
  if (input.empty()) return;
  Field field(static_cast<unsigned char>(Take(input, 1)[0]));
  while (!input.empty()) {
    std::string_view text = Take(input, input.find('\xFF'));
    Take(input, 1);
    if (!text.starts_with('\xFE')) {
      field.Send(std::string(text));
      continue;
    }
    Take(text, 1);
    std::string next = field.value();
    const std::size_t from = TakeNumber(text) % (next.size() + 1);
    const std::size_t removed = TakeNumber(text) % (next.size() - from + 1);
    field.Send(next.replace(from, removed, text));
  }
}

}  // namespace
}  // namespace penstock::tlcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  penstock::tlcp::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
