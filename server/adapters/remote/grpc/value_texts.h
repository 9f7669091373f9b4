// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::adapter::v1 {
class FieldValue;
}

namespace penstock::adapters {

// Makes texts of typed values, as data.proto says. Those of one event live until Clear(); what
// holds them is kept, so that in the long run nothing is allocated. Shard: its owner's.
class ValueTexts {
 public:
  void Clear() { used_ = 0; }
  // Nothing: no value is set. Null is given as an empty text; the caller looks at the value.
  std::optional<std::string_view> TextOf(const adapter::v1::FieldValue& value);

 private:
  std::string& Next();

  std::deque<std::string> texts_;
  std::size_t used_ = 0;
};

}  // namespace penstock::adapters
