// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// Lists of ciphers as OpenSSL writes them, names with colons between. OpenSSL passes over what it
// does not know as long as something is left; here that is an error, with the name.
namespace penstock::tls {

struct CipherLists {
  std::string ciphers;        // of TLS 1.2; may be empty
  std::string cipher_suites;  // of TLS 1.3; may be empty
};

// What is left of two good lists when the standard (IANA) names decide: only those in `allowed`, in
// its order, if it is not empty; none that is `removed`. Names that mean nothing to OpenSSL go to
// `*unknown`.
CipherLists ChooseCiphers(const CipherLists& lists, const std::vector<std::string>& allowed,
                          const std::function<bool(std::string_view)>& removed,
                          std::vector<std::string>* unknown);

Status CheckCiphers(const std::string& list);       // of TLS 1.2
Status CheckCipherSuites(const std::string& list);  // of TLS 1.3

}  // namespace penstock::tls
