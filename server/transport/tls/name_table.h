// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/string_hash.h"

namespace penstock::tls {

// Which certificate is for the host name that a client asks for (SNI). A name beats a wildcard,
// and "*.example.com" is for one label more: a.example.com, neither example.com nor a.b.example.com
// (RFC 6125 §6.4.3). Of two that are for a name the earlier wins.
// Owned by a Context. Shard: any; immutable once filled.
class NameTable {
 public:
  // `name` in lower case, as Certificate::names() has it.
  void Add(const std::string& name, std::size_t certificate);
  // `host` as the client wrote it, with or without a dot at its end.
  std::optional<std::size_t> Find(std::string_view host) const;

 private:
  using Table = std::unordered_map<std::string, std::size_t, StringHash, std::equal_to<>>;

  Table names_;
  Table parents_;  // of wildcards: "example.com"
};

}  // namespace penstock::tls
