// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>

#include "ari/version.h"
#include "item_writer.h"

namespace penstock::adapter {

// Writes the events of an item as ARI's notifications (ari.md 4.3).
// Owner, thread: as ItemWriter.
class AriItemWriter final : public ItemWriter {
 public:
  // `id`: that of the SUB.
  AriItemWriter(std::string item, std::string id, const ari::Dialect& dialect);

  PushResult Push(Outbox* outbox, UpdateTail* update) override;
  void AppendUpdate(std::span<const Field> fields, bool snapshot, std::string* out) override;
  void AppendEvent(ItemEvent event, std::string* out) override;
  // From 1.9.0.
  bool AppendDiffOrders(std::span<const FieldDiffOrder> orders, std::string* out) override;

 private:
  const std::string item_;
  const std::string id_;
  const ari::Dialect dialect_;
  const UpdateFormat& format_;
  std::string update_head_;
};

}  // namespace penstock::adapter
