// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/status_item.h"

#include <utility>

#include "kernel/event.h"

namespace penstock::adapters {

using kernel::EventKind;
using kernel::ItemEvent;

namespace {

constexpr std::string_view kField = "status";

std::string_view TextOf(StatusItem::Status status) {
  switch (status) {
    case StatusItem::Status::kConnecting:
      return "connecting";
    case StatusItem::Status::kConnected:
      return "connected";
    case StatusItem::Status::kReconnecting:
      break;
  }
  return "reconnecting";
}

}  // namespace

StatusItem::StatusItem(std::optional<std::string> name, kernel::EventRouter& router,
                       ProxyCounters& counters)
    : name_(std::move(name)), router_(router), counters_(counters) {}

void StatusItem::Subscribe(kernel::ItemRef item) {
  item_ = item;
  Tell(/*is_snapshot=*/true);
  counters_.events.Add();
  router_.Route(item, ItemEvent{.kind = EventKind::kEndOfSnapshot, .fields = {}});
}

void StatusItem::Set(Status status) {
  if (std::exchange(status_, status) == status || !item_) return;
  Tell(/*is_snapshot=*/false);
}

void StatusItem::Tell(bool is_snapshot) {
  const std::optional<kernel::FieldId> field = router_.field_names().Intern(kField);
  if (!field) return;  // told by whoever used the names up
  const kernel::FieldValue fields[] = {{*field, TextOf(status_), false}};
  counters_.events.Add();
  router_.Route(*item_,
                ItemEvent{EventKind::kUpdate, is_snapshot, /*replaces_state=*/false, fields});
}

}  // namespace penstock::adapters
