// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/data_source.h"
#include "session/metadata_port.h"

namespace penstock::session {

// An Adapter Set as sessions see it. Shard: any; immutable.
struct AdapterSet {
  struct Data {
    std::string name;
    kernel::DataSource* source;
  };
  std::string id;
  MetadataPort* metadata = nullptr;
  std::vector<Data> data;

  kernel::DataSource* FindData(std::string_view name) const {
    for (const Data& entry : data) {
      if (entry.name == name) return entry.source;
    }
    return nullptr;
  }
};

}  // namespace penstock::session
