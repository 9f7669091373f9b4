// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "delivery/client_view.h"
#include "delivery/item_model.h"
#include "delivery/ways.h"
#include "delivery/wish.h"

namespace penstock::test {

// One item of one subscription as the client sees it: takes its lines in, which change the view,
// and sees that there are ways in which they can have come from the flow of the item's model.
// Shard: none.
class ClientItem {
 public:
  // The subscription began with the flow somewhere from `low` to `high`.
  ClientItem(Wish wish, std::shared_ptr<const ItemModel> item, std::size_t low, std::size_t high)
      : view_(std::move(wish), std::move(item), low, high) {}
  ClientItem(const ClientItem&) = delete;
  ClientItem& operator=(const ClientItem&) = delete;

  // What is wrong; empty if nothing is.
  const std::string& error() const { return view_.error(); }
  const ItemModel& item() const { return view_.item(); }
  const Wish& wish() const { return view_.wish(); }

  void SetInterval(Duration interval) { view_.SetInterval(interval); }

  // The flow has grown: may the buffer have been too small?
  void OnFlow();
  // A line has come.
  void OnUpdate(std::string_view tail, TimePoint now);
  void OnEndOfSnapshot();
  void OnClear();
  void OnLoss(std::size_t count);
  // Nothing more comes: has the client all that it must have?
  void Settle();

  // How many events of the flow this subscriber has been offered; exact only when settled.
  std::uint64_t Offered();
  std::string Describe() const;

 private:
  // False while the subscriber waits for the adapter's snapshot.
  bool Begin();

  ClientView view_;
  std::unique_ptr<Ways> ways_;  // from Begin() on
  bool has_eos_ = false;
};

}  // namespace penstock::test
