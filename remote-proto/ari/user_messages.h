// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// NUS and NUA: may this user enter (ari.md 3.2)?

struct NotifyUserRequest {
  NullableString user;
  NullableString password;
  bool client_auth = false;  // true: NUA, with the principal of the client's certificate
  NullableString principal;
  std::vector<Pair> headers;  // lower-case names; REQUEST_ID among them
  bool operator==(const NotifyUserRequest&) const = default;
};
// `method` is kNus or kNua.
Status ParseNotifyUser(Method method, std::string_view args, const Dialect& dialect,
                       NotifyUserRequest* out);
void WriteNotifyUser(std::string_view id, const NotifyUserRequest& request, const Dialect& dialect,
                     std::string* out);

struct UserProfile {
  double max_bandwidth_kbps = 0;  // 0: unlimited
  bool wants_tables = false;      // false: NNT and NTC must not be sent for this user
  bool operator==(const UserProfile&) const = default;
};
Status ParseNotifyUserReply(Method method, std::string_view args, const Dialect& dialect,
                            Reply<UserProfile>* out);
void WriteNotifyUserReply(std::string_view id, Method method, const UserProfile& profile,
                          const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
