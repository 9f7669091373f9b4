// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <cerrno>
#include <cstring>

namespace penstock::tls {

std::string ReasonText(unsigned long error) {
  if (error == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* const reason = ::ERR_reason_error_string(error);
  return reason != nullptr ? reason : "error " + std::to_string(error);
}

std::string TakeReason() {
  const unsigned long first = ::ERR_get_error();
  ::ERR_clear_error();
  return ReasonText(first);
}

Owned<BIO> OpenPem(const std::string& path, std::string* why) {
  ::ERR_clear_error();
  Owned<BIO> file(::BIO_new_file(path.c_str(), "rb"));
  if (file == nullptr) {
    *why = "\"" + path + "\" cannot be opened (" + std::strerror(errno) + ")";
    ::ERR_clear_error();
  }
  return file;
}

int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace penstock::tls
