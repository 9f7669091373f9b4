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

// Of TLS 1.3.
constexpr std::string_view kSuites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                        "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256",
                                        "TLS_AES_128_CCM_8_SHA256"};

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(':'), list.size());
    parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

void Append(std::string_view name, std::string* list) {
  if (!list->empty()) *list += ':';
  *list += name;
}

bool IsSuite(std::string_view name) {
  return std::find(std::begin(kSuites), std::end(kSuites), name) != std::end(kSuites);
}

}  // namespace

CipherLists ChooseCiphers(const CipherLists& lists, const std::vector<std::string>& allowed,
                          const std::function<bool(std::string_view)>& removed,
                          std::vector<std::string>* unknown) {
  std::vector<std::string> names = allowed;
  if (allowed.empty()) {
    const Owned<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()));
    ::SSL_CTX_set_cipher_list(context.get(), lists.ciphers.c_str());
    ::SSL_CTX_set_ciphersuites(context.get(), lists.cipher_suites.c_str());
    const STACK_OF(SSL_CIPHER)* const known = ::SSL_CTX_get_ciphers(context.get());
    for (int i = 0; i < sk_SSL_CIPHER_num(known); ++i) {
      names.emplace_back(::SSL_CIPHER_standard_name(sk_SSL_CIPHER_value(known, i)));
    }
  }
  CipherLists left;
  for (const std::string& name : names) {
    if (removed(name)) continue;
    const std::string_view ours = ::OPENSSL_cipher_name(name.c_str());
    if (ours == "(NONE)") {
      unknown->push_back(name);
    } else {
      Append(ours, IsSuite(ours) ? &left.cipher_suites : &left.ciphers);
    }
  }
  ::ERR_clear_error();
  return left;
}

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
  const std::vector<std::string> parts = Split(list);
  for (const std::string& part : parts) {
    if (!IsSuite(part)) {
      return InvalidArgument("\"" + part +
                             "\" is no cipher suite of TLS 1.3; write names such as " +
                             "TLS_AES_128_GCM_SHA256");
    }
  }
  if (parts.empty()) return InvalidArgument("is empty; write one suite at least");
  return OkStatus();
}

}  // namespace penstock::tls
