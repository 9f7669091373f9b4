// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/errors.h"

#include <string>

#include "over_grpc/wire.h"

namespace penstock::adapter {
namespace {

pb::Error::Kind ToKind(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::kGeneric:
      return pb::Error::KIND_UNSPECIFIED;
    case Error::Kind::kAccess:
      return pb::Error::KIND_ACCESS;
    case Error::Kind::kResourceUnavailable:
      return pb::Error::KIND_UNAVAILABLE;
    case Error::Kind::kCredits:
      return pb::Error::KIND_CREDITS;
    case Error::Kind::kConflictingSession:
      return pb::Error::KIND_CONFLICT;
    case Error::Kind::kItems:
      return pb::Error::KIND_ITEMS;
    case Error::Kind::kSchema:
      return pb::Error::KIND_SCHEMA;
    case Error::Kind::kNotification:
      return pb::Error::KIND_NOTIFICATION;
    case Error::Kind::kSubscription:
      return pb::Error::KIND_SUBSCRIPTION;
    case Error::Kind::kFailure:
      return pb::Error::KIND_FATAL;
    case Error::Kind::kSelector:
      return pb::Error::KIND_SELECTOR;
  }
  return pb::Error::KIND_UNSPECIFIED;
}

}  // namespace

pb::Error ToProto(const Error& error, const Log& log) {
  pb::Error out;
  out.set_kind(ToKind(error.kind()));
  out.set_message(ToUtf8(error.message()));
  if (error.client_code() > 0) {
    log.Write(LogLevel::kWarning, "client code " + std::to_string(error.client_code()) +
                                      " is the server's own, 0 is sent in its place");
  } else {
    out.set_client_code(error.client_code());
  }
  if (error.client_message()) out.set_client_message(ToUtf8(*error.client_message()));
  out.set_conflicting_session(ToUtf8(error.conflicting_session()));
  return out;
}

}  // namespace penstock::adapter
