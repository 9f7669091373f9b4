// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "delivery/client_view.h"

namespace penstock::test {

// Every way in which the lines of an item so far can have come from the flow of its model. No way
// left means that something was invented, lost without notice, repeated or put out of order: then
// the view fails. One class for each kind of subscription.
// Owned by a ClientItem, once its view has begun. Shard: none.
class Ways {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;

  // Of the kind that the wish of `view` needs; the view outlives them.
  static std::unique_ptr<Ways> Of(ClientView& view);
  virtual ~Ways() = default;

  // A `U` line, which the view shows already.
  virtual void OnUpdate(TimePoint now) = 0;
  virtual void OnEndOfSnapshot() {}
  virtual void OnClear() {}
  virtual void OnLoss(std::size_t /*count*/) {}
  // Nothing more comes: has the client all that it must have?
  virtual void Settle() = 0;

  // How much of the flow has been dealt with, at least.
  virtual std::size_t least() const = 0;
  virtual std::string Describe() const = 0;
};

}  // namespace penstock::test
