// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "penstock/adapter/result.h"
#include "penstock/adapter/types.h"
#include "session.h"

namespace penstock::adapter {

// The metadata requests of one connection, each a call of the pool; and the requests of the adapter
// to the server.
// Owner: as Session, and shared by the calls of AdapterHost that use it. Thread: as Session; the
// Force functions: any.
class MetadataSession : public Session {
 public:
  // What the server says to a request of the adapter, or that the connection is gone; once. Comes
  // on the reader, or within the call.
  using OnStatus = std::function<void(Status)>;
  using OnDone = std::function<void(Result<bool>)>;

  virtual void ForceSessionTermination(std::string_view session, std::optional<int> code,
                                       const NullableString& message, OnStatus on_status) = 0;
  virtual void ForceUnsubscription(std::string_view session, int win_index, OnDone on_done) = 0;
};

}  // namespace penstock::adapter
