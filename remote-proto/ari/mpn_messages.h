// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/table_messages.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// MDA, MSA, MDC: mobile push notifications (ari.md 3.10). All are answered by ParseVoidReply().

struct MpnDevice {
  MpnPlatform platform = MpnPlatform::kNone;
  std::string application;
  std::string token;
  bool operator==(const MpnDevice&) const = default;
};

// MDA, and MDC when `new_token` is there.
struct MpnDeviceRequest {
  NullableString user;
  std::string session;
  MpnDevice device;
  NullableString new_token;
  bool operator==(const MpnDeviceRequest&) const = default;
};
// `method` is kMda or kMdc.
Status ParseMpnDevice(Method method, std::string_view args, const Dialect& dialect,
                      MpnDeviceRequest* out);
void WriteMpnDevice(std::string_view id, const MpnDeviceRequest& request, const Dialect& dialect,
                    std::string* out);

struct MpnSubscriptionRequest {
  NullableString user;
  std::string session;
  Table table;  // without selector
  MpnDevice device;
  NullableString trigger;
  std::string format;
  bool operator==(const MpnSubscriptionRequest&) const = default;
};
Status ParseMpnSubscription(std::string_view args, const Dialect& dialect,
                            MpnSubscriptionRequest* out);
void WriteMpnSubscription(std::string_view id, const MpnSubscriptionRequest& request,
                          const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
