// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/parse_number.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "support/tlcp_diff_decoder.h"

// What a client does with the lines of an update. For tests.
namespace penstock::test {

using FieldValue = std::optional<std::string>;  // nothing = null

// The fields of one item as a client knows them. Owner: a test. Shard: none. Life: one
// subscription, since the baseline lives as long.
class TlcpItemDecoder {
 public:
  explicit TlcpItemDecoder(std::size_t fields) : fields_(fields), documents_(fields) {}

  const std::vector<FieldValue>& fields() const { return fields_; }

  // True if the value came as a JSON Patch: it is a document then, written as the client likes.
  bool IsDocument(std::size_t field) const { return documents_[field].has_value(); }

  // Applies the third argument of a `U` line. False for all that a client would take as fatal or
  // that would lose a field: a first update with unchanged fields or diffs, a wrong number of
  // fields, a raw character that must be encoded, text that is not UTF-8, a diff of null, a patch
  // of what is no JSON, a TLCP-diff of a document. The fields are then undefined.
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
    if (token.starts_with("^P") || token.starts_with("^T")) return ApplyDiff(token, (*field)++);
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
    documents_[*field].reset();
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

  bool ApplyDiff(std::string_view token, std::size_t field) {
    if (first_ || field >= fields_.size() || HasRawControl(token)) return false;
    const FieldValue diff = PercentDecode(token.substr(2));
    if (!fields_[field] || !diff) return false;
    return token[1] == 'P' ? ApplyPatch(*diff, field) : ApplyText(*diff, field);
  }

  bool ApplyText(const std::string& diff, std::size_t field) {
    if (documents_[field]) return false;
    fields_[field] = ApplyTlcpDiff(*fields_[field], diff);
    return fields_[field].has_value();
  }

  bool ApplyPatch(const std::string& diff, std::size_t field) {
    try {
      auto document = documents_[field] ? std::move(*documents_[field])
                                        : nlohmann::json::parse(*fields_[field]);
      documents_[field] = document.patch(nlohmann::json::parse(diff));
      fields_[field] = documents_[field]->dump();
      return true;
    } catch (const nlohmann::json::exception&) {
      return false;
    }
  }

  static bool HasRawControl(std::string_view token) {
    for (const char c : token) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
    }
    return false;
  }

  std::vector<FieldValue> fields_;
  std::vector<std::optional<nlohmann::json>> documents_;  // of the fields that came as patches
  bool first_ = true;
};

}  // namespace penstock::test
