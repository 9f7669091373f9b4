// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/request_fields.h"

#include <algorithm>
#include <utility>

#include "base/parse_number.h"
#include "base/utf8.h"

namespace penstock::tlcp {

void RequestFields::Fail(Error error) {
  if (!error_) error_ = std::move(error);
}

void RequestFields::FailMissing(std::string_view name) {
  Fail(MakeError(RequestCode::kInvalidArgument, "Missing parameter " + std::string(name)));
}

void RequestFields::FailInvalid(std::string_view name) {
  Fail(MakeError(RequestCode::kInvalidArgument, "Invalid value of parameter " + std::string(name)));
}

std::optional<std::string_view> RequestFields::Find(std::string_view name) const {
  const std::optional<std::string_view> value = line_.Find(name);
  return value ? value : defaults_.Find(name);
}

std::optional<std::string> RequestFields::OptionalText(std::string_view name) {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return std::nullopt;
  if (!IsValidUtf8(*value)) FailInvalid(name);
  return std::string(*value);
}

std::string RequestFields::RequiredText(std::string_view name) {
  std::optional<std::string> value = OptionalText(name);
  if (!value) FailMissing(name);
  return std::move(value).value_or(std::string());
}

std::string RequestFields::TextOr(std::string_view name, std::string_view absent) {
  std::optional<std::string> value = OptionalText(name);
  return value ? *std::move(value) : std::string(absent);
}

std::optional<std::string> RequestFields::OptionalId(std::string_view name) {
  std::optional<std::string> value = OptionalText(name);
  if (value && value->empty()) value.reset();
  return value;
}

bool RequestFields::Flag(std::string_view name, bool absent) {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return absent;
  if (*value != "true" && *value != "false") FailInvalid(name);
  return *value == "true";
}

std::optional<std::int64_t> RequestFields::OptionalInteger(std::string_view name,
                                                           std::int64_t least, std::int64_t most) {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return std::nullopt;
  const std::optional<std::int64_t> number = ParseNumber<std::int64_t>(*value);
  if (!number || *number < least || *number > most) {
    FailInvalid(name);
    return std::nullopt;
  }
  return number;
}

std::int64_t RequestFields::RequiredInteger(std::string_view name, std::int64_t least,
                                            std::int64_t most) {
  const std::optional<std::int64_t> number = OptionalInteger(name, least, most);
  if (!number) FailMissing(name);  // no effect if its value was found invalid
  return number.value_or(least);
}

std::optional<Millis> RequestFields::OptionalMillis(std::string_view name) {
  const std::optional<std::int64_t> number = OptionalInteger(name, 0, INT64_MAX);
  if (!number) return std::nullopt;
  return Millis(std::min<std::int64_t>(*number, kLongestMillis.count()));
}

std::optional<double> RequestFields::PositiveDecimal(std::string_view name, std::string_view text) {
  const std::optional<double> number = ParseNumber<double>(text);
  if (!number || *number <= 0) {
    FailInvalid(name);
    return std::nullopt;
  }
  return number;
}

std::optional<Bandwidth> RequestFields::OptionalBandwidth(std::string_view name) {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return std::nullopt;
  if (*value == "unlimited") return Bandwidth{};
  return Bandwidth{PositiveDecimal(name, *value)};
}

std::optional<Frequency> RequestFields::OptionalFrequency(std::string_view name) {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return std::nullopt;
  if (*value == "unlimited") return Frequency::Unlimited();
  if (*value == "unfiltered") return Frequency::Unfiltered();
  return Frequency::Limited(PositiveDecimal(name, *value).value_or(0));
}

std::optional<std::string> ReadSessionId(RequestFields& fields) {
  std::optional<std::string> id = fields.OptionalId("LS_session");
  if (!id && !fields.websocket()) fields.FailMissing("LS_session");
  return id;
}

}  // namespace penstock::tlcp
