// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernel/event.h"

namespace penstock::adapters {

// What a remote Data Adapter says; implemented by RemoteData. The texts die with the call.
// Shard: the proxy's.
class DataLinkUser {
 public:
  // The remote adapter has been initialised: subscriptions may be sent. No subscription of a
  // former connection is known to it.
  virtual void OnReady() = 0;
  // It is gone; only after OnReady(). Where another one takes over at once, the link is ready()
  // already, and OnReady() follows.
  virtual void OnLost() = 0;

  virtual void OnSubscribeDone(std::string_view subscription) = 0;
  // It goes on behind the resume token that it was given: what follows is news. False where none
  // was given, or events have come before: what follows counts as if this had not been said.
  virtual bool OnResumed(std::string_view subscription) = 0;
  virtual void OnSubscribeFailed(std::string_view subscription, std::string_view why) = 0;
  // Not the item, the remote adapter as a whole has failed: OnLost() follows.
  virtual void OnSubscribeFatal(std::string_view subscription, std::string_view why) = 0;
  // No answer in time; the subscription stays valid, late as it may be.
  virtual void OnSubscribeTimeout(std::string_view subscription) = 0;

  virtual void OnUpdate(std::string_view subscription, bool is_snapshot,
                        std::span<const kernel::FieldValue> fields) = 0;
  virtual void OnEndOfSnapshot(std::string_view subscription) = 0;
  virtual void OnClearSnapshot(std::string_view subscription) = 0;
  // How values of fields may go out as differences: the text of each field holds the letters of
  // the algorithms (DiffOrder::FromLetters).
  virtual void OnDiffOrder(std::string_view subscription,
                           std::span<const kernel::FieldValue> fields) = 0;
  // Where the item's flow stands behind the last event, if that was of use; empty: nobody can go on
  // from here.
  virtual void OnResumeToken(std::string_view subscription, std::string_view token) = 0;

 protected:
  ~DataLinkUser() = default;
};

// The way to a remote Data Adapter, over whatever protocol. Shard: the proxy's.
class DataLink {
 public:
  virtual bool ready() const = 0;

  // Only while ready(). Returns the name that the remote adapter puts on all that it says about
  // this subscription; never used twice. `resume_token`: where the item's flow stood when it was
  // last heard of, for remote adapters that can go on from there; empty: it has to begin anew.
  virtual std::string Subscribe(std::string_view item, std::string_view resume_token) = 0;
  // One that waits is called off, and nothing is said of it.
  virtual void Unsubscribe(std::string_view item, std::string_view subscription) = 0;

 protected:
  ~DataLink() = default;
};

}  // namespace penstock::adapters
