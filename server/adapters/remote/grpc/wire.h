// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "penstock/adapter/v1/data.pb.h"
#include "penstock/adapter/v1/metadata.pb.h"

// The two kinds of streams, for what is the same in both.
namespace penstock::adapters {

namespace pb = penstock::adapter::v1;

// In Hello and Init: GetSelector is known.
inline constexpr std::string_view kSelectorsFeature = "selectors";

struct DataWire {
  static constexpr bool kIsMetadata = false;
  using FromAdapter = pb::DataAdapterMessage;
  using ToAdapter = pb::DataServerMessage;
  // Of Subscribe and Unsubscribe; one of the two is set.
  struct Answer {
    const pb::SubscribeResult* subscribed = nullptr;
    const pb::UnsubscribeResult* unsubscribed = nullptr;
  };
};

struct MetadataWire {
  static constexpr bool kIsMetadata = true;
  using FromAdapter = pb::MetadataAdapterMessage;
  using ToAdapter = pb::MetadataServerMessage;
  using Answer = pb::MetadataAnswer;
};

}  // namespace penstock::adapters
