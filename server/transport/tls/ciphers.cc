// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/ciphers.h"

#include <openssl/err.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "transport/tls/openssl.h"

namespace penstock::tls {

namespace {

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(':'), list.size());
    parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

}  // namespace

Status CheckCiphers(const std::string& list) {
  const Owned<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()));
  for (const std::string& part : Split(list)) {
    // What removes or orders ("!aNULL", "@STRENGTH") chooses nothing by itself.
    if (part.find_first_of("!-+@") == 0) continue;
    if (::SSL_CTX_set_cipher_list(context.get(), part.c_str()) == 1) continue;
    ::ERR_clear_error();
    return InvalidArgument("\"" + part +
                           "\" is no cipher of TLS 1.2; `openssl ciphers` lists them");
  }
  const bool any = ::SSL_CTX_set_cipher_list(context.get(), list.c_str()) == 1;
  ::ERR_clear_error();
  if (!any) return InvalidArgument("\"" + list + "\" leaves no cipher; write one at least");
  return OkStatus();
}

Status CheckCipherSuites(const std::string& list) {
  static constexpr std::string_view kKnown[] = {
      "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};
  const std::vector<std::string> parts = Split(list);
  for (const std::string& part : parts) {
    if (std::find(std::begin(kKnown), std::end(kKnown), part) == std::end(kKnown)) {
      return InvalidArgument("\"" + part +
                             "\" is no cipher suite of TLS 1.3; write names such as " +
                             "TLS_AES_128_GCM_SHA256");
    }
  }
  if (parts.empty()) return InvalidArgument("is empty; write one suite at least");
  return OkStatus();
}

}  // namespace penstock::tls
