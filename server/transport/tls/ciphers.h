// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "base/status.h"

// Lists of ciphers as OpenSSL writes them, names with colons between. OpenSSL passes over what it
// does not know as long as something is left; here that is an error, with the name.
namespace penstock::tls {

Status CheckCiphers(const std::string& list);       // of TLS 1.2
Status CheckCipherSuites(const std::string& list);  // of TLS 1.3

}  // namespace penstock::tls
