// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "data_session.h"
#include "item_table.h"
#include "over_grpc/field_declarations.h"
#include "over_grpc/wire.h"

namespace penstock::adapter {

// Subscribe and Unsubscribe of one stream.
// Owner, thread, life: as DataSession.
class GrpcDataSession final : public DataSession,
                              public std::enable_shared_from_this<GrpcDataSession> {
 public:
  GrpcDataSession(SessionContext context, ItemTable* items, FieldNumbers* fields);

  // False: it is no request. On the reader.
  bool OnMessage(const pb::DataServerMessage& message);
  void EndInput() override;
  void Answer(const std::string& id, Request request, const Status& status) override;
  std::unique_ptr<ItemWriter> NewWriter(const std::string& item, const std::string& id) override;

 private:
  ItemTable* const items_;
  const std::shared_ptr<FieldDeclarations> fields_;
};

}  // namespace penstock::adapter
