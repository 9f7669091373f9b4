// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/field_names.h"

namespace penstock::kernel {

FieldRegistry::FieldRegistry(std::size_t limit) : limit_(limit + 2) {
  ids_.emplace("key", kKeyField);
  ids_.emplace("command", kCommandField);
}

std::optional<FieldId> FieldRegistry::Intern(std::string_view name, FieldSource source) {
  const std::lock_guard lock(mutex_);
  if (const auto it = ids_.find(name); it != ids_.end()) return it->second;
  if (ids_.size() >= limit_) return std::nullopt;
  if (source == FieldSource::kClient && ++from_clients_ > limit_ / 2) {
    --from_clients_;
    return std::nullopt;
  }
  const FieldId id(static_cast<std::uint32_t>(ids_.size()));
  ids_.emplace(std::string(name), id);
  return id;
}

std::optional<FieldId> FieldNames::Intern(std::string_view name) {
  if (const auto it = known_.find(name); it != known_.end()) return it->second;
  const std::optional<FieldId> id = registry_.Intern(name, source_);
  if (id) known_.emplace(std::string(name), *id);
  return id;
}

}  // namespace penstock::kernel
