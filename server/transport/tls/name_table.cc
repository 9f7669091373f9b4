// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/name_table.h"

namespace penstock::tls {

void NameTable::Add(const std::string& name, std::size_t certificate) {
  if (name.starts_with("*.")) {
    parents_.emplace(name.substr(2), certificate);
  } else {
    names_.emplace(name, certificate);
  }
}

std::optional<std::size_t> NameTable::Find(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name(host);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (const auto it = names_.find(name); it != names_.end()) return it->second;
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string::npos) return std::nullopt;
  const auto it = parents_.find(std::string_view(name).substr(dot + 1));
  if (it == parents_.end()) return std::nullopt;
  return it->second;
}

}  // namespace penstock::tls
