// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "delivery/item_model.h"
#include "delivery/wish.h"
#include "support/tlcp_decoder.h"

namespace penstock::test {

// What a client shows of an item, compared with what the item had; and the first thing that is
// wrong with it. Owned by a ClientItem. Shard: none.
class ClientView {
 public:
  // The subscription began with the flow somewhere from `low` to `high`.
  ClientView(Wish wish, std::shared_ptr<const ItemModel> item, std::size_t low, std::size_t high);

  const Wish& wish() const { return wish_; }
  const ItemModel& item() const { return *item_; }
  const std::vector<ModelEvent>& flow() const {
    return item_->flow(wish_.mode == tlcp::Mode::kRaw);
  }

  const std::string& error() const { return error_; }
  void Fail(std::string_view what) {
    if (error_.empty()) error_ = what;
  }

  // False while the subscriber waits for the adapter's snapshot.
  bool Begin();
  // Where in the flow it begins, once it has begun.
  std::size_t low() const { return low_; }
  std::size_t high() const { return high_; }
  // The item had a state already when it was subscribed to.
  bool began_known() const { return began_known_; }

  // The third argument of a `U` line. False: a client cannot decode it.
  [[nodiscard]] bool Decode(std::string_view tail) { return decoder_.Apply(tail); }
  // A decoded line has been dealt with.
  void NoteSent() { sent_any_ = true; }
  bool sent_any() const { return sent_any_; }
  bool MustHaveSent() const;
  // The buffer may have been too small.
  void NoteLossy() { is_lossy_ = true; }
  bool is_lossy() const { return is_lossy_; }

  // The moments from `from` on at which a state can have been looked at.
  std::vector<std::size_t> Moments(std::size_t from) const;

  const std::vector<Value>& shown() const { return decoder_.fields(); }
  // A field of kFieldNames that is in the schema.
  const Value& Shown(std::size_t field) const;
  bool Shows(const Vector& values) const;
  // The same but for the command.
  bool ShowsRow(const Vector& values) const;
  // It shows them, and the selector lets it.
  bool Tells(const Vector& values) const { return wish_.Takes(values) && Shows(values); }

  // Never earlier than an average of one an interval allows; each key has a pace of its own.
  void CheckPace(const std::string& key, TimePoint now);
  void ForgetPace(const std::string& key) { due_.erase(key); }
  void ForgetPaces() { due_.clear(); }
  void SetInterval(Duration interval);

 private:
  bool Matches(const Value& expected, std::size_t position) const;

  Wish wish_;
  std::shared_ptr<const ItemModel> item_;
  std::size_t low_;
  std::size_t high_;
  const bool began_known_;
  TlcpItemDecoder decoder_;
  std::map<std::string, TimePoint> due_;  // by key
  std::string error_;
  bool has_begun_ = false;
  bool sent_any_ = false;
  bool is_lossy_ = false;
};

// A client writes a document as it likes.
bool IsSameDocument(const std::string& one, const std::string& other);

}  // namespace penstock::test
