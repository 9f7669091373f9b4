// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/exception.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// The packets that open and close a connection: RAC, MPI, DPI, CLOSE (ari.md 5). Their strings are
// in the form encoding in each version.

// RAC: what the remote tells of itself before anything else.
struct RemoteCredentials {
  NullableString user;
  NullableString password;
  bool enable_close_packet = false;
  NullableString sdk;
  bool operator==(const RemoteCredentials&) const = default;
};
Status ParseRac(std::string_view args, RemoteCredentials* out);
// `id` is "1" on the request connection; on a notification connection a timestamp may stand there.
void WriteRac(std::string_view id, const RemoteCredentials& credentials, std::string* out);

// MPI and DPI: the proxy opens the adapter.
struct InitRequest {
  // The highest version that the proxy speaks; absent in 1.8.0.
  NullableString version;
  std::optional<int64_t> keepalive_hint_millis;
  std::vector<Pair> params;  // all others
  bool operator==(const InitRequest&) const = default;
};
Status ParseInitRequest(std::string_view args, InitRequest* out);
void WriteInitRequest(std::string_view id, Method method, const InitRequest& request,
                      const Dialect& dialect, std::string* out);

struct InitAnswer {
  std::string version_text = "1.8.0";              // as told, for the log
  std::optional<Version> version = Version::k180;  // nullopt: none that we speak
  bool operator==(const InitAnswer&) const = default;
};
// `V` is 1.8.0; parameters without ARI.version are an error.
Status ParseInitReply(Method method, std::string_view args, Reply<InitAnswer>* out);
void WriteInitReply(std::string_view id, Method method, Version version, std::string* out);
// A refusal of MPI or DPI.
void WriteInitException(std::string_view id, Method method, const Exception& exception,
                        std::string* out);

// CLOSE: the proxy says why it is about to close. The id is always "0".
Status ParseClose(std::string_view args, NullableString* reason);
void WriteClose(std::string_view reason, std::string* out);

}  // namespace penstock::ari
