// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/session_table.h"
#include "tlcp/request.h"

namespace penstock::endpoint {

// Brings a control request or message to its session, on whatever shard that lives, and its answer
// back. Shard: own; one per shard, owned by the Endpoint.
class RequestRouter {
 public:
  RequestRouter(session::SessionTable& sessions, std::vector<session::SessionTable*> all)
      : sessions_(sessions), all_(std::move(all)) {}

  // The shard of the session, if the id can be one of ours.
  std::optional<runtime::ShardIndex> ShardOf(std::string_view session_id) const;

  // `answer` comes on this shard, maybe before the call returns. A session gets its requests in the
  // order of the calls.
  void Route(std::string session_id, tlcp::Control control, session::Answer answer);
  void Route(std::string session_id, tlcp::Message message, session::Answer answer);
  // A sign of life; an unknown session is no error (TLCP §3.12).
  void Touch(std::string session_id);

 private:
  template <class Request>
  void Bring(std::string session_id, Request request, session::Answer answer);

  session::SessionTable& sessions_;
  std::vector<session::SessionTable*> all_;
};

}  // namespace penstock::endpoint
