// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/client_rows.h"
#include "delivery/ways.h"

namespace penstock::test {

// Of a COMMAND subscription with a selector: each line has to be the way from what the client had
// of the row to a later state of it that the selector takes, or to none.
class SelectedRows final : public Ways {
 public:
  explicit SelectedRows(ClientView& view) : view_(view), rows_(view) {}

  void OnUpdate(TimePoint now) override;
  void OnClear() override { rows_.OnClear(); }
  void Settle() override { rows_.Settle(); }
  std::size_t least() const override { return view_.low(); }
  std::string Describe() const override { return " of each row"; }

 private:
  const std::vector<ModelEvent>& flow() const { return view_.flow(); }
  // What is wrong with the line; nothing if all is well.
  std::string_view Follow(const std::string& key, const std::string& command);
  bool IsGone(std::size_t at, const std::string& key) const;
  bool IsUpdate(std::size_t at, const std::string& key) const;
  // Is this a moment at which the row is as the line shows it?
  bool IsThere(std::size_t at, const std::string& key) const;

  ClientView& view_;
  ClientRows rows_;
  std::map<std::string, std::size_t> told_;  // how far the flow was told of, at least
};

}  // namespace penstock::test
