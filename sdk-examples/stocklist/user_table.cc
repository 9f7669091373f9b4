// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/user_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

namespace penstock::stocklist {
namespace {

bool Matches(std::string_view pattern, std::string_view item) {
  if (pattern.ends_with('*')) {
    return item.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return pattern == item;
}

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) {
      words.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Nothing where the text is no frequency; an inner nothing where it is empty.
std::optional<std::optional<double>> ParseFrequency(std::string_view text) {
  if (text.empty()) {
    return std::optional<double>();
  }
  double frequency = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), frequency);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(frequency) ||
      frequency <= 0) {
    return std::nullopt;
  }
  return std::optional<double>(frequency);
}

}  // namespace

bool UserRights::MaySee(std::string_view item) const {
  return std::any_of(items.begin(), items.end(),
                     [item](const std::string& pattern) { return Matches(pattern, item); });
}

bool UserRights::MaySeeEverything() const {
  return std::find(items.begin(), items.end(), "*") != items.end();
}

UserTable UserTable::BuiltIn() {
  UserTable table;
  table.users_.emplace("", UserRights{"", {"*"}, std::nullopt});
  table.users_.emplace("demo", UserRights{"demo", {"*"}, std::nullopt});
  table.users_.emplace("delayed", UserRights{"delayed", {"index.*"}, 1.0});
  return table;
}

std::optional<UserTable> UserTable::Read(const CsvTable& table, std::string& error) {
  const auto user = table.Column("user", error);
  const auto password = table.Column("password", error);
  const auto items = table.Column("items", error);
  const auto max_frequency = table.Column("max_frequency", error);
  if (!user || !password || !items || !max_frequency) {
    return std::nullopt;
  }
  UserTable users;
  for (const CsvRow& row : table.rows()) {
    const auto frequency = ParseFrequency(row.fields[*max_frequency]);
    if (!frequency) {
      error =
          table.Complain(row, "\"" + row.fields[*max_frequency] + "\" is not a number above zero");
      return std::nullopt;
    }
    UserRights rights{row.fields[*password], SplitAtSpaces(row.fields[*items]), *frequency};
    if (!users.users_.emplace(row.fields[*user], std::move(rights)).second) {
      error = table.Complain(row, "the user \"" + row.fields[*user] + "\" is there twice");
      return std::nullopt;
    }
  }
  return users;
}

const UserRights* UserTable::Admit(std::string_view user, std::string_view password) const {
  const UserRights* rights = Find(user);
  if (rights == nullptr || (!rights->password.empty() && rights->password != password)) {
    return nullptr;
  }
  return rights;
}

const UserRights* UserTable::Find(std::string_view user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

}  // namespace penstock::stocklist
