// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ari/method.h"
#include "ari/packet_writer.h"
#include "ari/token_reader.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// The refusals of ari.md 2.4.
enum class ExceptionKind : uint8_t {
  kGeneric,              // E
  kMetadataInit,         // EM
  kDataInit,             // ED
  kAccess,               // EA
  kResourceUnavailable,  // ER, from 1.9.0
  kCredits,              // EC
  kConflictingSession,   // EX
  kItems,                // EI
  kSchema,               // ES
  kNotification,         // EN
  kSubscription,         // EU
  kFailure,              // EF
};

// A reply that is a refusal.
struct Exception {
  ExceptionKind kind = ExceptionKind::kGeneric;
  NullableString message;
  // kCredits and kConflictingSession only.
  int32_t client_code = 0;
  NullableString client_message;
  // kConflictingSession only.
  std::string conflicting_session;

  bool operator==(const Exception&) const = default;
};

// "E", "EC", ...
std::string_view ExceptionToken(ExceptionKind kind);
// Whether `method` may be answered so; any other kind counts as kGeneric there.
bool IsAllowed(ExceptionKind kind, Method method);

// A parsed reply: the value, or the refusal.
template <class T>
struct Reply {
  std::optional<Exception> exception;
  T value{};

  bool ok() const { return !exception.has_value(); }
  bool operator==(const Reply&) const = default;
};

// The value of a reply that is just `V`.
struct Nothing {
  bool operator==(const Nothing&) const = default;
};

// True if the next token opens an exception.
bool AtException(const TokenReader& reader);
// Reads it to the end; a kind that `method` may not have becomes kGeneric.
bool ReadException(Method method, TokenReader* reader, Exception* out);

// Appends the whole packet. A kind that method or version do not have is written as its nearest
// relative.
void WriteException(std::string_view id, Method method, const Exception& exception,
                    const Dialect& dialect, std::string* out);

// Replies that are `V` or an exception: NSC, NUM, NTC, MDA, MSA, MDC, SUB, USB, FST.
Status ParseVoidReply(Method method, std::string_view args, const Dialect& dialect,
                      Reply<Nothing>* out);
void WriteVoidReply(std::string_view id, Method method, const Dialect& dialect, std::string* out);

// The common frame of all reply parsers: exception, or `read_value(reader, value)`, then the end.
template <class T, class ReadValue>
Status ParseReply(Method method, std::string_view args, const Dialect& dialect, Reply<T>* out,
                  ReadValue read_value) {
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(method), &scratch);
  *out = Reply<T>{};
  if (AtException(reader)) {
    ReadException(method, &reader, &out->exception.emplace());
  } else {
    read_value(reader, out->value);
  }
  return reader.Finish();
}

}  // namespace penstock::ari
