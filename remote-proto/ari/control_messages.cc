// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/control_messages.h"

namespace penstock::ari {

Status ParseForceSessionTermination(std::string_view args, const Dialect& dialect,
                                    ForceSessionTermination* out) {
  *out = ForceSessionTermination{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kFst), &scratch);
  reader.String(&out->session);
  if (reader.NextIs('I')) {
    reader.Int(&out->cause_code.emplace());
    reader.Nullable(&out->cause_message);
  } else {
    reader.Type('V');
  }
  return reader.Finish();
}

void WriteForceSessionTermination(std::string_view id, const ForceSessionTermination& request,
                                  const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kFst, dialect, out);
  writer.String(request.session);
  if (request.cause_code) {
    writer.Int(*request.cause_code).Nullable(request.cause_message).End();
  } else {
    writer.Void().End();
  }
}

Status ParseForceUnsubscription(std::string_view args, const Dialect& dialect,
                                ForceUnsubscription* out) {
  *out = ForceUnsubscription{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kFus), &scratch);
  reader.String(&out->session);
  reader.Int(&out->win_index);
  return reader.Finish();
}

void WriteForceUnsubscription(std::string_view id, const ForceUnsubscription& request,
                              const Dialect& dialect, std::string* out) {
  PacketWriter(id, Method::kFus, dialect, out).String(request.session).Int(request.win_index).End();
}

Status ParseForceUnsubscriptionReply(std::string_view args, const Dialect& dialect,
                                     Reply<bool>* out) {
  return ParseReply(Method::kFus, args, dialect, out,
                    [](TokenReader& reader, bool& done) { reader.Bool(&done); });
}

void WriteForceUnsubscriptionReply(std::string_view id, bool done, const Dialect& dialect,
                                   std::string* out) {
  PacketWriter(id, Method::kFus, dialect, out).Bool(done).End();
}

}  // namespace penstock::ari
