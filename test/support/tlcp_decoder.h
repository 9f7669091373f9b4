// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/parse_number.h"
#include "base/percent.h"

// What a client does with the lines of an update, without value diffs. For tests.
namespace penstock::test {

using FieldValue = std::optional<std::string>;  // nothing = null

// The fields of one item as a client knows them. Owner: a test. Shard: none. Life: one
// subscription, since the baseline lives as long.
class TlcpItemDecoder {
 public:
  explicit TlcpItemDecoder(std::size_t fields) : fields_(fields) {}

  const std::vector<FieldValue>& fields() const { return fields_; }

  // Applies the third argument of a `U` line. False for all that a client would take as fatal or
  // that would lose a field: a first update with unchanged fields, a wrong number of fields, a raw
  // character that must be encoded, text that is not UTF-8. The fields are then undefined.
  [[nodiscard]] bool Apply(std::string_view tail) {
    if (!IsValidUtf8(tail)) return false;
    std::size_t field = 0;
    while (true) {
      const std::size_t bar = tail.find('|');
      if (!ApplyToken(tail.substr(0, bar), &field)) return false;
      if (bar == std::string_view::npos) break;
      tail.remove_prefix(bar + 1);
    }
    first_ = false;
    return field == fields_.size();
  }

 private:
  bool ApplyToken(std::string_view token, std::size_t* field) {
    if (token.empty() || token[0] == '^') {
      std::size_t run = 1;
      if (!token.empty()) {
        const std::optional<std::size_t> count = ParseNumber<std::size_t>(token.substr(1));
        if (!count || *count == 0) return false;
        run = *count;
      }
      if (first_ || run > fields_.size() - *field) return false;
      *field += run;
      return true;
    }
    if (*field == fields_.size()) return false;
    FieldValue& value = fields_[(*field)++];
    if (token == "#") {
      value.reset();
    } else if (token == "$") {
      value.emplace();
    } else if (token[0] == '#' || token[0] == '$' || HasRawControl(token)) {
      return false;
    } else {
      value = PercentDecode(token);
      return value.has_value();
    }
    return true;
  }

  static bool HasRawControl(std::string_view token) {
    for (const char c : token) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
    }
    return false;
  }

  std::vector<FieldValue> fields_;
  bool first_ = true;
};

}  // namespace penstock::test
