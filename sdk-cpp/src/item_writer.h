// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "outbox.h"
#include "penstock/adapter/subscription.h"
#include "update_tail.h"

namespace penstock::adapter {

// What happens to an item as a whole.
enum class ItemEvent { kEndOfSnapshot, kClearSnapshot };

// Writes the events of one item for one server, in that server's protocol.
// Owner: the item's feed, under whose lock all calls come.
class ItemWriter {
 public:
  virtual ~ItemWriter() = default;

  // Queues an update. Allocates nothing once its buffers have grown.
  virtual PushResult Push(Outbox* outbox, UpdateTail* update) = 0;

  // These append what is to be queued.
  virtual void AppendUpdate(std::span<const Field> fields, bool snapshot, std::string* out) = 0;
  virtual void AppendEvent(ItemEvent event, std::string* out) = 0;
  // False: the server knows no such thing, nothing was appended.
  virtual bool AppendDiffOrders(std::span<const FieldDiffOrder> orders, std::string* out) = 0;
  // Where the item's flow stands. False as above.
  virtual bool AppendToken(std::string_view /*token*/, std::string* /*out*/) { return false; }
  // The answer to a server with a token: the item goes on behind it.
  virtual void AppendResumed(std::string* /*out*/) {}
};

}  // namespace penstock::adapter
