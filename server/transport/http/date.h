// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>

namespace penstock::http {

// Value of the Date header (RFC 9110 section 5.6.7), made once a second and not once a response.
// Owner: the shard. Shard: its owner's. Invariant: independent of the process's locale and zone.
class DateCache {
 public:
  // Valid until the next call.
  std::string_view Get(std::time_t now);

 private:
  static constexpr std::size_t kSize = sizeof("Thu, 01 Jan 1970 00:00:00 GMT") - 1;

  bool filled_ = false;
  std::time_t second_ = 0;
  std::array<char, kSize> text_{};
};

}  // namespace penstock::http
