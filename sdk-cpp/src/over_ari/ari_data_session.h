// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "ari/version.h"
#include "data_session.h"
#include "item_table.h"
#include "over_ari/packet_sink.h"
#include "penstock/adapter/result.h"

namespace penstock::adapter {

// SUB and USB of one connection (ari.md 4.2).
// Owner, thread, life: as DataSession.
class AriDataSession final : public DataSession,
                             public PacketSink,
                             public std::enable_shared_from_this<AriDataSession> {
 public:
  AriDataSession(SessionContext context, const ari::Dialect& dialect, ItemTable* items);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;
  void Answer(const std::string& id, Request request, const Status& status) override;
  std::unique_ptr<ItemWriter> NewWriter(const std::string& item, const std::string& id) override;

 private:
  const ari::Dialect dialect_;
  ItemTable* const items_;
};

}  // namespace penstock::adapter
