// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/settings.h"

namespace penstock::config {

std::string_view ToString(ListenerRole value) {
  switch (value) {
    case ListenerRole::kGeneral:
      return "general";
    case ListenerRole::kCreateOnly:
      return "create_only";
    case ListenerRole::kControlOnly:
      return "control_only";
    case ListenerRole::kInternal:
      return "internal";
  }
  return "";
}

std::string_view ToString(TlsVersion value) {
  switch (value) {
    case TlsVersion::k12:
      return "1.2";
    case TlsVersion::k13:
      return "1.3";
  }
  return "";
}

std::string_view ToString(ClientCertificates value) {
  switch (value) {
    case ClientCertificates::kNone:
      return "none";
    case ClientCertificates::kOptional:
      return "optional";
    case ClientCertificates::kRequired:
      return "required";
  }
  return "";
}

std::string_view ToString(DiffAlgorithm value) {
  switch (value) {
    case DiffAlgorithm::kJsonPatch:
      return "jsonpatch";
    case DiffAlgorithm::kDiffMatchPatch:
      return "diff_match_patch";
  }
  return "";
}

std::string_view ToString(Compression value) {
  switch (value) {
    case Compression::kOff:
      return "off";
    case Compression::kAuto:
      return "auto";
    case Compression::kOn:
      return "on";
  }
  return "";
}

std::string_view ToString(AdapterTransport value) {
  return value == AdapterTransport::kGrpc ? "grpc" : "ari";
}

std::string_view ToString(EventsRecovery value) {
  switch (value) {
    case EventsRecovery::kLeaveHole:
      return "leave_hole";
    case EventsRecovery::kUseSnapshot:
      return "use_snapshot";
    case EventsRecovery::kEnforceSnapshot:
      return "enforce_snapshot";
  }
  return "";
}

std::string_view ToString(NotifyUserOnDisconnection value) {
  switch (value) {
    case NotifyUserOnDisconnection::kFail:
      return "fail";
    case NotifyUserOnDisconnection::kForceRetry:
      return "force_retry";
    case NotifyUserOnDisconnection::kSendCode:
      return "send_code";
  }
  return "";
}

std::string_view ToString(CloseNotificationsRecovery value) {
  switch (value) {
    case CloseNotificationsRecovery::kPessimistic:
      return "pessimistic";
    case CloseNotificationsRecovery::kOptimistic:
      return "optimistic";
    case CloseNotificationsRecovery::kUnneeded:
      return "unneeded";
  }
  return "";
}

std::string_view ToString(ItemMode value) {
  switch (value) {
    case ItemMode::kRaw:
      return "RAW";
    case ItemMode::kMerge:
      return "MERGE";
    case ItemMode::kDistinct:
      return "DISTINCT";
    case ItemMode::kCommand:
      return "COMMAND";
  }
  return "";
}

}  // namespace penstock::config
