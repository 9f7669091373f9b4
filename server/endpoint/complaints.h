// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_pace.h"

namespace penstock::endpoint {

// What the log says about clients that do what they should not. Each kind has a pace of its own,
// for a stranger can bring the lines about as often as it likes: a flood of one kind hides no
// other, and the next line tells how many were held back. The counters count each. Owned by an
// Endpoint. Shard: own.
class Complaints {
 public:
  enum class Kind : std::uint8_t {
    kProxyHeader,
    kHandshake,
    kTlsRecord,
    kHttpRequest,
    kForwardedFor,
    kFrame,
    kListenerRole,
    kSlowReader,
  };

  void Note(Kind kind, TimePoint now, std::string_view message,
            std::initializer_list<log::Field> fields);

 private:
  static constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::kSlowReader) + 1;

  std::array<LogPace, kKinds> paces_;
};

}  // namespace penstock::endpoint
