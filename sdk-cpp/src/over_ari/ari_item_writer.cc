// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/ari_item_writer.h"

#include <utility>
#include <vector>

#include "ari/data_messages.h"
#include "ari/method.h"
#include "over_ari/update_format.h"
#include "wall_clock.h"

namespace penstock::adapter {
namespace {

std::string Letters(const FieldDiffOrder& order) {
  std::string letters;
  for (const DiffAlgorithm algorithm : order.algorithms) {
    letters.push_back(algorithm == DiffAlgorithm::kJsonPatch ? 'J' : 'M');
  }
  return letters;
}

}  // namespace

AriItemWriter::AriItemWriter(std::string item, std::string id, const ari::Dialect& dialect)
    : item_(std::move(item)),
      id_(std::move(id)),
      dialect_(dialect),
      format_(AriUpdateFormat(dialect.WriteEncoding(ari::Method::kUd3))) {
  ari::WriteUpdateHead(item_, id_, dialect_, &update_head_);
}

PushResult AriItemWriter::Push(Outbox* outbox, UpdateTail* update) {
  return outbox->PushEvent(TimestampText(), update_head_, update->In(format_));
}

void AriItemWriter::AppendUpdate(std::span<const Field> fields, bool snapshot, std::string* out) {
  out->append(TimestampText()).append(update_head_);
  out->append(UpdateTail(fields, {.snapshot = snapshot}).In(format_));
}

void AriItemWriter::AppendEvent(ItemEvent event, std::string* out) {
  const auto method = event == ItemEvent::kEndOfSnapshot ? ari::Method::kEos : ari::Method::kCls;
  ari::WriteItemEvent(NowMillis(), method, item_, id_, dialect_, out);
}

bool AriItemWriter::AppendDiffOrders(std::span<const FieldDiffOrder> orders, std::string* out) {
  if (!ari::HasDiffOrder(dialect_.version)) return false;
  std::vector<std::string> letters;
  letters.reserve(orders.size());  // the views are of its strings
  std::vector<ari::FieldDiffView> views;
  for (const FieldDiffOrder& order : orders) {
    letters.push_back(Letters(order));
    views.push_back({order.field, letters.back(), false});
  }
  ari::WriteDiffOrder(NowMillis(), item_, id_, views.data(), views.size(), dialect_, out);
  return true;
}

}  // namespace penstock::adapter
