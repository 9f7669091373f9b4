// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/param_list.h"

#include "base/check.h"
#include "base/parse_number.h"
#include "base/percent.h"
#include "tlcp/text_codec.h"

namespace penstock::tlcp {
namespace {

constexpr std::string_view kUnquotedPrefix = "LS_unq=";
constexpr std::string_view kMessageName = "LS_message";
constexpr std::size_t kUsualParams = 16;
constexpr std::string_view kMessagePrefix = "LS_message=";

// Where the LS_message pair begins; the pairs before it are ordinary, so no '&' of theirs is raw.
std::size_t FindMessagePair(std::string_view counted) {
  if (counted.starts_with(kMessagePrefix)) return 0;
  constexpr std::string_view kInner = "&LS_message=";
  const std::size_t at = counted.find(kInner);
  return at == std::string_view::npos ? at : at + 1;
}

// Bytes of the first `units` UTF-16 units; nothing if there are fewer, or the last is half a pair.
std::optional<std::size_t> SizeOfUnits(std::string_view text, std::size_t units) {
  std::size_t size = 0;
  while (units > 0) {
    const Utf8Step step = NextUtf8(text.substr(size));
    if (step.size == 0) return std::nullopt;
    const std::size_t taken = step.valid && step.size == 4 ? 2 : 1;
    if (taken > units) return std::nullopt;
    units -= taken;
    size += step.size;
  }
  return size;
}

bool IsLineEnd(std::string_view text) {
  return text.empty() || text.starts_with('\n') || text.starts_with("\r\n");
}

}  // namespace

void ParamList::Start(std::string_view line) {
  params_.clear();
  decoded_.clear();
  if (!line.empty()) params_.reserve(kUsualParams);
  if (line.find('%') != std::string_view::npos) decoded_.reserve(line.size());
}

ParamList::Result ParamList::Parse(std::string_view line, std::size_t max_params) {
  Start(line);
  return AppendPairs(line, max_params);
}

ParamList::Result ParamList::ParseRawMessage(std::string_view counted, std::size_t max_params) {
  const std::size_t message = FindMessagePair(counted);
  if (message == std::string_view::npos) return Parse(counted, max_params);
  Start(counted);
  const Result result = AppendPairs(counted.substr(0, message), max_params);
  if (result != Result::kOk) return result;
  if (params_.size() == max_params) return Result::kTooMany;
  params_.push_back({kMessageName, counted.substr(message + kMessagePrefix.size())});
  return Result::kOk;
}

ParamList::Result ParamList::AppendPairs(std::string_view line, std::size_t max_params) {
  Result result = Result::kOk;
  while (!line.empty()) {
    const std::size_t end = line.find('&');
    const std::string_view pair = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    if (pair.empty()) continue;
    if (params_.size() == max_params) return Result::kTooMany;
    const std::size_t equals = pair.find('=');
    const bool has_value = equals != std::string_view::npos;
    Param param;
    if (Decode(pair.substr(0, equals), &param.name) &&
        Decode(has_value ? pair.substr(equals + 1) : std::string_view(), &param.value)) {
      params_.push_back(param);
    } else {
      result = Result::kBadEscape;
    }
  }
  return result;
}

bool ParamList::Decode(std::string_view raw, std::string_view* decoded) {
  if (raw.find('%') == std::string_view::npos) {
    *decoded = raw;
    return true;
  }
  // Decoding never lengthens, so the reserved bytes suffice and earlier views stay valid.
  PENSTOCK_DCHECK(decoded_.size() + raw.size() <= decoded_.capacity());
  const std::size_t start = decoded_.size();
  if (!AppendPercentDecoded(raw, decoded_)) return false;
  *decoded = std::string_view(decoded_).substr(start);
  return true;
}

std::optional<std::string_view> ParamList::Find(std::string_view name) const {
  for (auto param = params_.rbegin(); param != params_.rend(); ++param) {
    if (param->name == name) return param->value;
  }
  return std::nullopt;
}

UnquotedLine FindUnquotedLine(std::string_view text) {
  if (!text.starts_with(kUnquotedPrefix)) return {};
  UnquotedLine line{UnquotedLine::Kind::kMalformed, {}, 0};
  const std::size_t amp = text.find_first_not_of("0123456789", kUnquotedPrefix.size());
  if (amp == std::string_view::npos || text[amp] != '&') return line;
  const std::optional<std::size_t> units =
      ParseNumber<std::size_t>(text.substr(kUnquotedPrefix.size(), amp - kUnquotedPrefix.size()));
  if (!units) return line;
  const std::size_t start = amp + 1;
  const std::optional<std::size_t> size = SizeOfUnits(text.substr(start), *units);
  if (!size) return line;
  std::size_t end = start + *size;
  if (text.substr(end).starts_with('&')) ++end;  // ends each line of legacy clients
  if (!IsLineEnd(text.substr(end))) return line;
  return {UnquotedLine::Kind::kPresent, text.substr(start, *size), end};
}

}  // namespace penstock::tlcp
