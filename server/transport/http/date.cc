// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/date.h"

namespace penstock::http {
namespace {

// strftime would use the names of the process's locale.
constexpr char kDays[] = "SunMonTueWedThuFriSat";
constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void PutDigits(char* end, int count, int value) {
  for (; count > 0; --count, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

void PutName(char* to, const char* names, int index) {
  for (int i = 0; i < 3; ++i) to[i] = names[index * 3 + i];
}

}  // namespace

std::string_view DateCache::Get(std::time_t now) {
  if (filled_ && now == second_) return {text_.data(), text_.size()};
  constexpr std::string_view kPattern = "Thu, 01 Jan 1970 00:00:00 GMT";
  kPattern.copy(text_.data(), text_.size());
  std::tm time{};
  if (gmtime_r(&now, &time) != nullptr) {
    PutName(&text_[0], kDays, time.tm_wday);
    PutDigits(&text_[7], 2, time.tm_mday);
    PutName(&text_[8], kMonths, time.tm_mon);
    PutDigits(&text_[16], 4, time.tm_year + 1900);
    PutDigits(&text_[19], 2, time.tm_hour);
    PutDigits(&text_[22], 2, time.tm_min);
    PutDigits(&text_[25], 2, time.tm_sec);
  }
  filled_ = true;
  second_ = now;
  return {text_.data(), text_.size()};
}

}  // namespace penstock::http
