// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/exception.h"

namespace penstock::ari {
namespace {

bool ParseKind(std::string_view token, ExceptionKind* kind) {
  if (token.empty() || token[0] != 'E' || token.size() > 2) return false;
  switch (token.size() == 2 ? token[1] : '\0') {
    case 'M':
      *kind = ExceptionKind::kMetadataInit;
      break;
    case 'D':
      *kind = ExceptionKind::kDataInit;
      break;
    case 'A':
      *kind = ExceptionKind::kAccess;
      break;
    case 'R':
      *kind = ExceptionKind::kResourceUnavailable;
      break;
    case 'C':
      *kind = ExceptionKind::kCredits;
      break;
    case 'X':
      *kind = ExceptionKind::kConflictingSession;
      break;
    case 'I':
      *kind = ExceptionKind::kItems;
      break;
    case 'S':
      *kind = ExceptionKind::kSchema;
      break;
    case 'N':
      *kind = ExceptionKind::kNotification;
      break;
    case 'U':
      *kind = ExceptionKind::kSubscription;
      break;
    case 'F':
      *kind = ExceptionKind::kFailure;
      break;
    default:
      // E itself, and subtypes of a later version.
      *kind = ExceptionKind::kGeneric;
      break;
  }
  return true;
}

// A relative that an older or narrower reply can carry.
ExceptionKind Nearest(ExceptionKind kind, Method method, Version version) {
  if (kind == ExceptionKind::kResourceUnavailable && !HasResourceUnavailable(version)) {
    kind = ExceptionKind::kAccess;
  }
  if (kind == ExceptionKind::kConflictingSession && !IsAllowed(kind, method)) {
    kind = ExceptionKind::kCredits;
  }
  return IsAllowed(kind, method) ? kind : ExceptionKind::kGeneric;
}

}  // namespace

std::string_view ExceptionToken(ExceptionKind kind) {
  static constexpr std::string_view kTokens[] = {"E",  "EM", "ED", "EA", "ER", "EC",
                                                 "EX", "EI", "ES", "EN", "EU", "EF"};
  return kTokens[static_cast<size_t>(kind)];
}

bool IsAllowed(ExceptionKind kind, Method m) {
  switch (kind) {
    case ExceptionKind::kGeneric:
      return true;
    case ExceptionKind::kMetadataInit:
      return m == Method::kMpi;
    case ExceptionKind::kDataInit:
      return m == Method::kDpi;
    case ExceptionKind::kAccess:
    case ExceptionKind::kResourceUnavailable:
      return m == Method::kNus || m == Method::kNua;
    case ExceptionKind::kCredits:
      return m == Method::kNus || m == Method::kNua || m == Method::kNns || m == Method::kNum ||
             m == Method::kNnt || m == Method::kMda || m == Method::kMsa || m == Method::kMdc;
    case ExceptionKind::kConflictingSession:
      return m == Method::kNns;
    case ExceptionKind::kItems:
      return m == Method::kGis || m == Method::kGsc;
    case ExceptionKind::kSchema:
      return m == Method::kGsc;
    case ExceptionKind::kNotification:
      return m == Method::kNns || m == Method::kNsc || m == Method::kNum || m == Method::kNnt ||
             m == Method::kNtc || m == Method::kMda || m == Method::kMsa || m == Method::kMdc;
    case ExceptionKind::kSubscription:
    case ExceptionKind::kFailure:
      return m == Method::kSub || m == Method::kUsb;
  }
  return false;
}

bool AtException(const TokenReader& reader) {
  ExceptionKind kind;
  return ParseKind(reader.Peek(), &kind);
}

bool ReadException(Method method, TokenReader* reader, Exception* out) {
  *out = Exception{};
  std::string_view token;
  if (!reader->Raw(&token)) return false;
  if (!ParseKind(token, &out->kind)) return reader->Fail("not an exception");
  if (!reader->BareNullable(&out->message)) return false;
  if (out->kind == ExceptionKind::kCredits || out->kind == ExceptionKind::kConflictingSession) {
    if (!reader->BareInt(&out->client_code) || !reader->BareNullable(&out->client_message)) {
      return false;
    }
  }
  if (out->kind == ExceptionKind::kConflictingSession) {
    NullableString session;
    if (!reader->BareNullable(&session)) return false;
    if (session) out->conflicting_session = std::move(*session);
  }
  if (!IsAllowed(out->kind, method)) {
    *out = Exception{ExceptionKind::kGeneric, std::move(out->message), 0, std::nullopt, {}};
  }
  return true;
}

void WriteException(std::string_view id, Method method, const Exception& exception,
                    const Dialect& dialect, std::string* out) {
  const ExceptionKind kind = Nearest(exception.kind, method, dialect.version);
  PacketWriter writer(id, method, dialect, out);
  writer.Token(ExceptionToken(kind)).BareNullable(exception.message);
  if (kind == ExceptionKind::kCredits || kind == ExceptionKind::kConflictingSession) {
    writer.BareInt(exception.client_code).BareNullable(exception.client_message);
  }
  if (kind == ExceptionKind::kConflictingSession) {
    writer.BareNullable(exception.conflicting_session);
  }
  writer.End();
}

Status ParseVoidReply(Method method, std::string_view args, const Dialect& dialect,
                      Reply<Nothing>* out) {
  return ParseReply(method, args, dialect, out,
                    [](TokenReader& reader, Nothing&) { reader.Type('V'); });
}

void WriteVoidReply(std::string_view id, Method method, const Dialect& dialect, std::string* out) {
  PacketWriter(id, method, dialect, out).Void().End();
}

}  // namespace penstock::ari
