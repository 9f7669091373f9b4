// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

#include "config/checks.h"
#include "config/settings.h"
#include "config/toml_table.h"

namespace penstock::config {

// Reads the tables [[listener]] of a TOML file. With none there is the default one.
class ListenerReader {
 public:
  // Must outlive this.
  explicit ListenerReader(const std::string& file) : file_(file) {}

  void ReadAll(TomlTable* top, std::vector<Listener>* listeners, std::vector<PortUse>* ports) const;

 private:
  Listener Read(TomlTable* table) const;
  void ReadTls(TomlTable* table, Tls* tls) const;

  const std::string& file_;
};

}  // namespace penstock::config
