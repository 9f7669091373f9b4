// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::tlcp {

// The decoded name=value pairs of one request line or query string. Owner: the request reader,
// which uses it again for each line, so that lines cost no allocation once it has grown. Shard:
// that of the connection. Life: views it gives out die with the next Parse() and with the line.
// Lenient: empty pairs, trailing '&' and unknown names are no errors; a name without '=' has an
// empty value; of repeated names the last one counts.
class ParamList {
 public:
  enum class Result { kOk, kBadEscape, kTooMany };

  ParamList() = default;
  ParamList(const ParamList&) = delete;  // holds views of itself
  ParamList& operator=(const ParamList&) = delete;

  // On an error the pairs that could be read are there all the same, so that an answer may find
  // the request id.
  [[nodiscard]] Result Parse(std::string_view line, std::size_t max_params);

  // The counted part of an LS_unq line: LS_message, its last parameter, is taken as it is.
  [[nodiscard]] Result ParseRawMessage(std::string_view counted, std::size_t max_params);

  void Clear() { params_.clear(); }
  std::size_t size() const { return params_.size(); }

  // Nothing if there is no parameter of that name.
  std::optional<std::string_view> Find(std::string_view name) const;

 private:
  struct Param {
    std::string_view name;
    std::string_view value;
  };

  void Start(std::string_view line);
  Result AppendPairs(std::string_view line, std::size_t max_params);
  bool Decode(std::string_view raw, std::string_view* decoded);

  std::vector<Param> params_;
  std::string decoded_;  // room for the whole line before views of it are taken
};

// `LS_unq=<n>&` as the first pair of a line: the next n UTF-16 units are the rest of the line,
// which may hold any character, line ends too.
struct UnquotedLine {
  enum class Kind { kAbsent, kPresent, kMalformed };  // malformed: the count fits no line end
  Kind kind = Kind::kAbsent;
  std::string_view counted;
  std::size_t end = 0;  // bytes of `text` up to the line end
};

UnquotedLine FindUnquotedLine(std::string_view text);

}  // namespace penstock::tlcp
