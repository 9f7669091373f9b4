// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/user_messages.h"

namespace penstock::ari {

Status ParseNotifyUser(Method method, std::string_view args, const Dialect& dialect,
                       NotifyUserRequest* out) {
  *out = NotifyUserRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(method), &scratch);
  reader.Nullable(&out->user);
  reader.Nullable(&out->password);
  if (method == Method::kNua) {
    out->client_auth = true;
    reader.Nullable(&out->principal);
  }
  reader.Pairs(&out->headers);
  return reader.Finish();
}

void WriteNotifyUser(std::string_view id, const NotifyUserRequest& request, const Dialect& dialect,
                     std::string* out) {
  PacketWriter writer(id, request.client_auth ? Method::kNua : Method::kNus, dialect, out);
  writer.Nullable(request.user).Nullable(request.password);
  if (request.client_auth) writer.Nullable(request.principal);
  writer.Pairs(request.headers).End();
}

Status ParseNotifyUserReply(Method method, std::string_view args, const Dialect& dialect,
                            Reply<UserProfile>* out) {
  return ParseReply(method, args, dialect, out, [](TokenReader& reader, UserProfile& profile) {
    reader.Double(&profile.max_bandwidth_kbps);
    reader.Bool(&profile.wants_tables);
  });
}

void WriteNotifyUserReply(std::string_view id, Method method, const UserProfile& profile,
                          const Dialect& dialect, std::string* out) {
  PacketWriter(id, method, dialect, out)
      .Double(profile.max_bandwidth_kbps)
      .Bool(profile.wants_tables)
      .End();
}

}  // namespace penstock::ari
