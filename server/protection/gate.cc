// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/gate.h"

#include "base/string_hash.h"

namespace penstock::protection {

std::string UserKey(std::string_view adapter_set, std::string_view user) {
  constexpr std::size_t kWhole = 64;
  std::string key(adapter_set);
  key += '\0';
  key += user.substr(0, kWhole);
  if (user.size() > kWhole) {
    key += '\0';
    key += std::to_string(StringHash()(user));
  }
  return key;
}

}  // namespace penstock::protection
