// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "delivery/client_view.h"

namespace penstock::test {

// The rows of a COMMAND item that a client has. Owned by its Ways. Shard: none.
class ClientRows {
 public:
  explicit ClientRows(ClientView& view) : view_(view), is_whole_(view.wish().wants_snapshot) {}

  bool Contains(const std::string& key) const { return rows_.contains(key); }
  // It has all rows that there are, not only those that it was told of.
  bool is_whole() const { return is_whole_; }

  // The view shows a line of row `key`.
  void OnRow(const std::string& key, bool is_delete);
  void OnClear();
  // Has it what it must have of the rows that there are now?
  void Settle();

 private:
  bool WasTouched(const std::string& key) const;
  bool Shows(const std::vector<Value>& shown, const Vector& values) const;

  ClientView& view_;
  bool is_whole_;
  std::map<std::string, std::vector<Value>> rows_;
};

}  // namespace penstock::test
