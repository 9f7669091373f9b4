// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/connection_options.h"

#include <fstream>

namespace penstock::program {
namespace {

// The first line of a file: what is on a command line, everybody on the machine can see.
bool TakePassword(const std::string& path, adapter::HostOptions& options) {
  std::ifstream file(path);
  return static_cast<bool>(std::getline(file, options.password.emplace()));
}

}  // namespace

Taken TakeConnectionOption(std::string_view name, const std::string& value,
                           adapter::HostOptions& options) {
  if (name == "--user") {
    options.user = value;
  } else if (name == "--password-file") {
    return TakePassword(value, options) ? Taken::kYes : Taken::kBadValue;
  } else if (name == "--ca") {
    options.tls.ca_file = value;
    options.tls.require_client_certificate = true;
  } else if (name == "--certificate") {
    options.tls.certificate_file = value;
  } else if (name == "--key") {
    options.tls.key_file = value;
  } else if (name == "--server-name") {
    options.tls.server_name = value;
  } else {
    return Taken::kUnknown;
  }
  return Taken::kYes;
}

const char* ConnectionUsage() {
  return "An ENDPOINT is tcp://host:port, tls://host:port, and for a server that dials\n"
         "tcp-listen://address:port or tls-listen://address:port. With it go\n"
         "  --user NAME            what the server asks adapters for, if it does\n"
         "  --password-file FILE   its first line is the password\n"
         "  --ca FILE              the authorities of servers, in PEM (those of the system)\n"
         "  --certificate FILE     this adapter's own certificate, in PEM; to listen with TLS\n"
         "  --key FILE             its key (in the same file)\n"
         "  --server-name NAME     the name in the server's certificate (the endpoint's host)\n";
}

}  // namespace penstock::program
