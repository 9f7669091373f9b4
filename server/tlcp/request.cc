// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/request.h"

#include <tuple>

namespace penstock::tlcp {

bool Add::SameAs(const Add& other) const {
  const auto key = [](const Add& a) {
    return std::tie(a.sub_id, a.mode, a.group, a.schema, a.data_adapter, a.selector, a.buffer_size,
                    a.max_frequency, a.snapshot);
  };
  return key(*this) == key(other);
}

}  // namespace penstock::tlcp
