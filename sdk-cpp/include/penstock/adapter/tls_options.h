// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

namespace penstock::adapter {

// What the endpoints with "tls" in them use; from TLS 1.2. All files are PEM and are read again for
// each connection, so that a renewed certificate needs no restart.
struct TlsOptions {
  // Whose certificates of a server are good. Empty: those that the system trusts.
  std::string ca_file = {};

  // This adapter's own certificate, with the chain up to its authority behind it; needed to listen,
  // and by a server that asks for one. The key may be in the same file; it must not be encrypted.
  std::string certificate_file = {};
  std::string key_file = {};

  // A server that is dialled must have a certificate for the endpoint's host, or for `server_name`
  // if that is set. Without the check any certificate of the authorities will do.
  bool check_host_name = true;
  std::string server_name = {};

  // A server that dials must show a certificate of the authorities in `ca_file`, which is then
  // needed. Without it whoever reaches the port is taken for the server, and is sent the host's
  // user and password.
  bool require_client_certificate = false;
};

}  // namespace penstock::adapter
