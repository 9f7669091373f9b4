// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// FST, FUS: requests of the remote metadata adapter to the proxy, from 1.9.0 (ari.md 3.11, 3.12).

struct ForceSessionTermination {
  std::string session;
  std::optional<int32_t> cause_code;  // absent: no cause
  NullableString cause_message;       // only with a code
  bool operator==(const ForceSessionTermination&) const = default;
};
// Answered by ParseVoidReply().
Status ParseForceSessionTermination(std::string_view args, const Dialect& dialect,
                                    ForceSessionTermination* out);
void WriteForceSessionTermination(std::string_view id, const ForceSessionTermination& request,
                                  const Dialect& dialect, std::string* out);

struct ForceUnsubscription {
  std::string session;
  int32_t win_index = 0;
  bool operator==(const ForceUnsubscription&) const = default;
};
Status ParseForceUnsubscription(std::string_view args, const Dialect& dialect,
                                ForceUnsubscription* out);
void WriteForceUnsubscription(std::string_view id, const ForceUnsubscription& request,
                              const Dialect& dialect, std::string* out);

// True: done; false: not enabled for that subscription.
Status ParseForceUnsubscriptionReply(std::string_view args, const Dialect& dialect,
                                     Reply<bool>* out);
void WriteForceUnsubscriptionReply(std::string_view id, bool done, const Dialect& dialect,
                                   std::string* out);

}  // namespace penstock::ari
