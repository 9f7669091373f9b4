// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/request_head.h"

#include <utility>

#include "transport/http/chars.h"

namespace penstock::http {

std::optional<std::string_view> RequestHead::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

void RequestHead::Clear() {
  std::vector<Header> kept = std::move(headers);
  kept.clear();
  *this = RequestHead();
  headers = std::move(kept);
}

}  // namespace penstock::http
