// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "item_writer.h"
#include "outbox.h"
#include "over_grpc/field_declarations.h"
#include "over_grpc/grpc_update_format.h"

namespace penstock::adapter {

// Writes the events of an item as pieces of an EventBatch.
// Owner, thread: as ItemWriter.
class GrpcItemWriter final : public ItemWriter {
 public:
  // `outbox`: that of the stream, as in Push().
  GrpcItemWriter(uint64_t subscription, std::shared_ptr<FieldDeclarations> fields,
                 std::shared_ptr<Outbox> outbox);

  PushResult Push(Outbox* outbox, UpdateTail* update) override;
  void AppendUpdate(std::span<const Field> fields, bool snapshot, std::string* out) override;
  void AppendEvent(ItemEvent event, std::string* out) override;
  bool AppendDiffOrders(std::span<const FieldDiffOrder> orders, std::string* out) override;
  bool AppendToken(std::string_view token, std::string* out) override;
  void AppendResumed(std::string* out) override;

 private:
  static constexpr size_t kMostHead = 32;
  // What comes before the tail of an update; its size.
  size_t WriteHead(size_t tail_size, char* head) const;

  const uint64_t subscription_;
  const std::shared_ptr<FieldDeclarations> fields_;
  const std::shared_ptr<Outbox> outbox_;
  const GrpcUpdateFormat format_;
};

}  // namespace penstock::adapter
