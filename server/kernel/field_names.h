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

// Who brings a name.
enum class FieldSource : std::uint8_t { kAdapter, kClient };

// The process-wide list of field names. Bounded, because adapters and clients both add to it.
// Shard: any; locked. The update path goes through the FieldNames of its shard instead.
class FieldRegistry {
 public:
  // `limit` does not count the two fields that are always there.
  explicit FieldRegistry(std::size_t limit);

  // Nothing when the limit is reached. Of clients, half of it: they cannot keep an adapter's
  // fields out.
  std::optional<FieldId> Intern(std::string_view name, FieldSource source);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, FieldId, StringHash, std::equal_to<>> ids_;
  std::size_t from_clients_ = 0;
};

// A shard's view of the registry: names seen before cost one look-up and no lock.
// Shard: own. The registry must outlive it.
class FieldNames {
 public:
  explicit FieldNames(FieldRegistry& registry, FieldSource source = FieldSource::kAdapter)
      : registry_(registry), source_(source) {}

  std::optional<FieldId> Intern(std::string_view name);

 private:
  FieldRegistry& registry_;
  const FieldSource source_;
  absl::flat_hash_map<std::string, FieldId, StringHash, std::equal_to<>> known_;
};

}  // namespace penstock::kernel
