// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/checks.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/toml_table.h"

namespace penstock::config {

// Reads the tables [[adapter_set]] of a TOML file, and what is in them. Lives for one load.
class AdapterSetReader {
 public:
  // Both must outlive this.
  AdapterSetReader(const std::string& file, Problems* problems)
      : file_(file), problems_(problems) {}

  LoadedSet Read(TomlTable* table);

 private:
  void ReadMetadataAdapter(TomlTable* table, LoadedSet* loaded);
  void ReadDataAdapter(TomlTable* table, LoadedSet* loaded);
  void ReadPolicy(TomlTable* table, LoadedSet* loaded);
  void ReadFamily(TomlTable* table, LoadedSet* loaded);
  // The keys that both kinds of adapter have, and the rules between them.
  template <class Adapter>
  void ReadProxy(TomlTable* table, std::span<const Key<Adapter>> own_keys, ProxySettings* proxy);
  // Who connects to whom, and TLS.
  void ReadLink(TomlTable* table, ProxySettings* proxy);
  void ReadTls(TomlTable* table, ProxySettings* proxy);

  const std::string& file_;
  Problems* const problems_;
};

}  // namespace penstock::config
