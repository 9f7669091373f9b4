// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/failure_translation.h"

namespace penstock::adapters {

using tlcp::MakeError;
using tlcp::RequestCode;
using tlcp::SessionCode;

tlcp::Error OpenSessionError(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kAccess:
      return MakeError(SessionCode::kCredentialsRefused);
    case FailureKind::kUnavailable:
      return MakeError(SessionCode::kMetadataUnavailable);
    case FailureKind::kCredits:
    case FailureKind::kConflict:
      return tlcp::MakeCustomError(failure.client_code, failure.client_message);
    case FailureKind::kNotification:
      return MakeError(SessionCode::kInternalError);
    default:
      return MakeError(SessionCode::kMetadataException);
  }
}

tlcp::Error ItemsError(const Failure& failure) {
  if (failure.kind == FailureKind::kItems) return MakeError(RequestCode::kInvalidGroup);
  return MakeError(RequestCode::kMetadataException);
}

tlcp::Error SchemaError(const Failure& failure) {
  if (failure.kind == FailureKind::kItems) return MakeError(RequestCode::kInvalidGroupForSchema);
  if (failure.kind == FailureKind::kSchema) return MakeError(RequestCode::kInvalidSchema);
  return MakeError(RequestCode::kMetadataException);
}

tlcp::Error SelectorError(const Failure& failure) {
  if (failure.kind == FailureKind::kSelector) return MakeError(RequestCode::kInvalidSelector);
  if (failure.kind == FailureKind::kItems) return MakeError(RequestCode::kInvalidGroup);
  if (failure.kind == FailureKind::kSchema) return MakeError(RequestCode::kInvalidSchema);
  return MakeError(RequestCode::kMetadataException);
}

tlcp::Error ItemDataError(const Failure& /*failure*/) {
  return MakeError(RequestCode::kMetadataException);
}

tlcp::Error TableError(const Failure& failure) {
  if (failure.kind == FailureKind::kCredits) {
    return tlcp::MakeCustomError(failure.client_code, failure.client_message);
  }
  if (failure.kind == FailureKind::kNotification) return MakeError(RequestCode::kInternalError);
  return MakeError(RequestCode::kMetadataException);
}

tlcp::Error MessageError(const Failure& failure) {
  if (failure.kind == FailureKind::kCredits) {
    return tlcp::MakeCustomError(failure.client_code, failure.client_message);
  }
  if (failure.kind == FailureKind::kNotification) return MakeError(RequestCode::kMessageError);
  return MakeError(RequestCode::kMessageException);
}

}  // namespace penstock::adapters
