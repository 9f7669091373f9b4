// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "delivery/ways.h"

namespace penstock::test {

// Of a MERGE subscription without a buffer: it is told the state of the item as it is when a line
// is written. The earliest moment that a line can be of is all that has to be followed.
class LatestState final : public Ways {
 public:
  explicit LatestState(ClientView& view) : view_(view), at_(view.low()) {}

  void OnUpdate(TimePoint now) override;
  void Settle() override;
  std::size_t least() const override { return at_; }
  std::string Describe() const override { return " at=" + std::to_string(at_); }

 private:
  ClientView& view_;
  std::size_t at_;  // events of the flow that made the state told last
};

}  // namespace penstock::test
