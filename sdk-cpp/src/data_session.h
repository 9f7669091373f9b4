// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "item_table.h"
#include "penstock/adapter/result.h"
#include "session.h"

namespace penstock::adapter {

// SUB and USB of one connection: reads them, hands them to the table of the host's items, and
// writes the answers.
// Owner, thread, life: as Session; Answer(): any.
class DataSession : public Session, public std::enable_shared_from_this<DataSession> {
 public:
  DataSession(SessionContext context, ItemTable* items);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;

  // Answers a request of the table. One without an id has nobody to answer.
  void Answer(const std::string& id, ari::Method method, const Status& status);

  const std::shared_ptr<Outbox>& events() const { return context_.events; }
  const ari::Dialect& dialect() const { return context_.dialect; }
  const Log& log() const { return *context_.log; }

 private:
  const SessionContext context_;
  ItemTable* const items_;
};

}  // namespace penstock::adapter
