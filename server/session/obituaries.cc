// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/obituaries.h"

#include <utility>

namespace penstock::session {

void Obituaries::Add(const std::string& session_id, tlcp::Error cause, TimePoint until) {
  if (order_.size() == kMost) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  if (entries_.insert_or_assign(session_id, Entry{std::move(cause), until}).second) {
    order_.push_back(session_id);
  }
}

const tlcp::Error* Obituaries::Find(std::string_view session_id, TimePoint now) const {
  const auto it = entries_.find(session_id);
  return it == entries_.end() || now >= it->second.until ? nullptr : &it->second.cause;
}

}  // namespace penstock::session
