// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tls.h"

namespace penstock::adapter {
namespace {

Error NoTls() { return Error("this library was built without TLS (PENSTOCK_SDK_TLS is OFF)"); }

}  // namespace

Result<std::shared_ptr<const TlsContext>> LoadTls(const TlsOptions& /*options*/,
                                                  Endpoint::Role /*role*/) {
  return NoTls();
}

Result<std::unique_ptr<TlsHandshake>> BeginTls(std::shared_ptr<const TlsContext> /*context*/,
                                               UniqueFd /*fd*/, const std::string& /*host*/) {
  return NoTls();
}

}  // namespace penstock::adapter
