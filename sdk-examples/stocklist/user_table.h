// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stocklist/csv_table.h"

namespace penstock::stocklist {

// What one user may do.
struct UserRights {
  std::string password;                 // empty: any password, and none, is right
  std::vector<std::string> items;       // item names; a final * stands for any rest
  std::optional<double> max_frequency;  // updates a second and item; nothing: no limit

  [[nodiscard]] bool MaySee(std::string_view item) const;
  [[nodiscard]] bool MaySeeEverything() const;
};

// Who may enter. The row whose user is empty speaks for clients that give no name.
// Owned by the metadata adapter. Shard: any; immutable.
class UserTable {
 public:
  // The table that is used when no file is named:
  //   nobody           every item
  //   demo, demo       every item
  //   delayed, delayed the index only, one update a second
  [[nodiscard]] static UserTable BuiltIn();

  // Columns: user,password,items,max_frequency; `items` has spaces between the patterns, an empty
  // max_frequency is no limit. Nothing on failure; then `error` says where.
  [[nodiscard]] static std::optional<UserTable> Read(const CsvTable& table, std::string& error);

  // The rights of a user who may enter; null for an unknown user and for a wrong password.
  [[nodiscard]] const UserRights* Admit(std::string_view user, std::string_view password) const;

  // The rights of a user who was let in before; null for an unknown user.
  [[nodiscard]] const UserRights* Find(std::string_view user) const;

 private:
  std::map<std::string, UserRights, std::less<>> users_;
};

}  // namespace penstock::stocklist
