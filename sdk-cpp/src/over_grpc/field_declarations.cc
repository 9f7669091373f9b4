// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/field_declarations.h"

#include <string>

#include "over_grpc/wire.h"

namespace penstock::adapter {

void FieldDeclarations::Declare(Outbox* outbox) {
  const std::lock_guard lock(mutex_);
  const uint32_t known = fields_->size();
  std::string bytes;
  for (uint32_t number = declared_.load(std::memory_order_relaxed) + 1; number <= known; ++number) {
    AppendTagged(kNewFieldTag, ToUtf8(fields_->NameOf(number)), &bytes);
  }
  // Only then, so that nobody's event comes before them.
  if (!bytes.empty()) outbox->PushAnswer(bytes);
  declared_.store(known, std::memory_order_release);
}

}  // namespace penstock::adapter
