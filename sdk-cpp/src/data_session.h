// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "item_writer.h"
#include "log.h"
#include "outbox.h"
#include "penstock/adapter/result.h"
#include "session.h"

namespace penstock::adapter {

// What one server wants of the host's items, as the table of them knows it: its protocol reads the
// requests, hands them to the table, and writes the answers.
// Owner, life: as Session. Thread: any.
class DataSession : public Session {
 public:
  enum class Request { kSubscribe, kUnsubscribe };

  explicit DataSession(SessionContext context) : context_(std::move(context)) {}

  // Answers a request of the table. One without an id has nobody to answer.
  virtual void Answer(const std::string& id, Request request, const Status& status) = 0;
  // How this server is told of the events of the item that it asked for under the id.
  virtual std::unique_ptr<ItemWriter> NewWriter(const std::string& item, const std::string& id) = 0;

  const std::shared_ptr<Outbox>& events() const { return context_.events; }
  const Log& log() const { return *context_.log; }

 protected:
  const SessionContext& context() const { return context_; }

 private:
  const SessionContext context_;
};

}  // namespace penstock::adapter
