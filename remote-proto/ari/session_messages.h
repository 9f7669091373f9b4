// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// NNS, NSC: a session opens and closes (ari.md 3.3, 3.4). NUM: a message of its client (3.7).

struct NewSessionRequest {
  NullableString user;
  std::string session;
  std::vector<Pair> context;  // REMOTE_IP, USER_AGENT, REQUEST_ID ...
  bool operator==(const NewSessionRequest&) const = default;
};
Status ParseNewSession(std::string_view args, const Dialect& dialect, NewSessionRequest* out);
void WriteNewSession(std::string_view id, const NewSessionRequest& request, const Dialect& dialect,
                     std::string* out);

struct NewSessionAnswer {
  std::optional<int32_t> ttl_seconds;  // absent (`V`) or not positive: no limit
  bool operator==(const NewSessionAnswer&) const = default;
};
// `V` and `I` are accepted in each version.
Status ParseNewSessionReply(std::string_view args, const Dialect& dialect,
                            Reply<NewSessionAnswer>* out);
void WriteNewSessionReply(std::string_view id, const NewSessionAnswer& answer,
                          const Dialect& dialect, std::string* out);

// NSC; answered by ParseVoidReply().
Status ParseSessionClose(std::string_view args, const Dialect& dialect, std::string* session);
void WriteSessionClose(std::string_view id, std::string_view session, const Dialect& dialect,
                       std::string* out);

// NUM; answered by ParseVoidReply().
struct UserMessageRequest {
  NullableString user;
  std::string session;
  std::string message;
  bool operator==(const UserMessageRequest&) const = default;
};
Status ParseUserMessage(std::string_view args, const Dialect& dialect, UserMessageRequest* out);
void WriteUserMessage(std::string_view id, const UserMessageRequest& request,
                      const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
