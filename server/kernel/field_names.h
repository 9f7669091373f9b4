// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/string_hash.h"
#include "base/strong_id.h"

namespace penstock::kernel {

// A field name, interned for the life of the process: events and schemas compare integers.
using FieldId = StrongId<struct FieldIdTag, std::uint32_t>;

// The two fields that every COMMAND item has.
inline constexpr FieldId kKeyField{0};
inline constexpr FieldId kCommandField{1};

// The process-wide list of field names. Bounded, because adapters and clients both add to it.
// Shard: any; locked. The update path goes through the FieldNames of its shard instead.
class FieldRegistry {
 public:
  // `limit` does not count the two fields that are always there.
  explicit FieldRegistry(std::size_t limit);

  // Nothing when the limit is reached.
  std::optional<FieldId> Intern(std::string_view name);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, FieldId, StringHash, std::equal_to<>> ids_;
};

// A shard's view of the registry: names seen before cost one look-up and no lock.
// Shard: own. The registry must outlive it.
class FieldNames {
 public:
  explicit FieldNames(FieldRegistry& registry) : registry_(registry) {}

  std::optional<FieldId> Intern(std::string_view name);

 private:
  FieldRegistry& registry_;
  absl::flat_hash_map<std::string, FieldId, StringHash, std::equal_to<>> known_;
};

}  // namespace penstock::kernel
