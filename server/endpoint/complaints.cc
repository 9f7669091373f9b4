// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/complaints.h"

#include <vector>

namespace penstock::endpoint {

void Complaints::Note(Kind kind, TimePoint now, std::string_view message,
                      std::initializer_list<log::Field> fields) {
  if (!log::Enabled(log::Area::kConnection, log::Level::kInfo)) return;
  LogPace& pace = paces_[static_cast<std::size_t>(kind)];
  if (!pace.Due(now)) return;
  std::vector<log::Field> all(fields);
  all.emplace_back("held_back", pace.held_back());
  log::Write(log::Area::kConnection, log::Level::kInfo, message, all);
}

}  // namespace penstock::endpoint
