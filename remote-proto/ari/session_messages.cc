// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/session_messages.h"

namespace penstock::ari {

Status ParseNewSession(std::string_view args, const Dialect& dialect, NewSessionRequest* out) {
  *out = NewSessionRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kNns), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->session);
  reader.Pairs(&out->context);
  return reader.Finish();
}

void WriteNewSession(std::string_view id, const NewSessionRequest& request, const Dialect& dialect,
                     std::string* out) {
  PacketWriter(id, Method::kNns, dialect, out)
      .Nullable(request.user)
      .String(request.session)
      .Pairs(request.context)
      .End();
}

Status ParseNewSessionReply(std::string_view args, const Dialect& dialect,
                            Reply<NewSessionAnswer>* out) {
  return ParseReply(Method::kNns, args, dialect, out,
                    [](TokenReader& reader, NewSessionAnswer& answer) {
                      if (reader.NextIs('I')) {
                        reader.Int(&answer.ttl_seconds.emplace());
                      } else {
                        reader.Type('V');
                      }
                    });
}

void WriteNewSessionReply(std::string_view id, const NewSessionAnswer& answer,
                          const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kNns, dialect, out);
  if (answer.ttl_seconds && HasSessionTimeToLive(dialect.version)) {
    writer.Int(*answer.ttl_seconds).End();
  } else {
    writer.Void().End();
  }
}

Status ParseSessionClose(std::string_view args, const Dialect& dialect, std::string* session) {
  session->clear();
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kNsc), &scratch);
  reader.String(session);
  return reader.Finish();
}

void WriteSessionClose(std::string_view id, std::string_view session, const Dialect& dialect,
                       std::string* out) {
  PacketWriter(id, Method::kNsc, dialect, out).String(session).End();
}

Status ParseUserMessage(std::string_view args, const Dialect& dialect, UserMessageRequest* out) {
  *out = UserMessageRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kNum), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->session);
  reader.String(&out->message);
  return reader.Finish();
}

void WriteUserMessage(std::string_view id, const UserMessageRequest& request,
                      const Dialect& dialect, std::string* out) {
  PacketWriter(id, Method::kNum, dialect, out)
      .Nullable(request.user)
      .String(request.session)
      .String(request.message)
      .End();
}

}  // namespace penstock::ari
