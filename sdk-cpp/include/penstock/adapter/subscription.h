// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/adapter/export.h"

namespace penstock::adapter {

// One field of an update; nullopt is the protocol's null. The views need to live for the call only.
struct Field {
  std::string_view name;
  std::optional<std::string_view> value;
};

// How the server may send the changes of a field to its clients, in order of preference. Empty:
// never as a difference.
enum class DiffAlgorithm { kJsonPatch, kDiffMatchPatch };
struct FieldDiffOrder {
  std::string_view field;
  std::vector<DiffAlgorithm> algorithms;
};

// What an update says beside its fields.
struct UpdateMarks {
  // It is part of the initial state: MERGE has at most one such update, DISTINCT and COMMAND any
  // number.
  bool snapshot = false;
  // Where the item's flow stands behind the update; see Subscription::resume_token(). Empty: not
  // said, the last one holds on.
  std::string_view resume_token = {};
};

// What became of an event. With QueuePolicy::kBlock nobody has to look at it: what comes after the
// end is dropped, and nothing else is refused.
enum class PushResult {
  kOk,      // taken: queued for each server that has the item, or kept for one that is full
  kClosed,  // the subscription is over; drop the handle, a later Subscribe() gives a new one
  kFull,    // there is no room and the policy is QueuePolicy::kRefuse, see there; nothing was taken
};

class ItemFeed;  // private to the library

// The right to send the events of one item, from one Subscribe() to the matching Unsubscribe(): to
// all servers of the host that have the item. It names that very subscription to them (ari.md 4.3):
// an event can never reach a later one of the same item by mistake.
//
// Owner: the provider, which gets it by Subscribe() and may keep it or drop it; dropping it sends
// nothing and ends nothing. Move-only; a moved-from or default-made handle answers kClosed. Thread:
// any number of threads may call at once. The events of an item keep the order in which a
// thread sends them, and all servers get them in the same order; nothing is said of the events of
// different items, of which one may be caught up before the other. A call costs one encoding and
// two short locks, and no allocation once its buffers have grown; with QueuePolicy::kBlock (the
// default) it blocks while the queues of all ready servers are full, so that a provider runs at the
// pace of the fastest. Errors: none beyond PushResult; a call after the end is a no-op that says
// kClosed.
class PENSTOCK_SDK_EXPORT Subscription {
 public:
  Subscription();
  explicit Subscription(std::shared_ptr<ItemFeed> feed);  // for the library
  ~Subscription();
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;

  // The item's name; empty for a moved-from handle.
  const std::string& item() const;

  // False once no server has the item any more: Unsubscribe() is about to be called, or was.
  bool is_open() const;

  // Sends an event (UD3). A field left out is unchanged, a field given as nullopt is null. In
  // COMMAND mode the fields `key` and `command` (ADD, UPDATE, DELETE) are needed.
  PushResult Update(std::span<const Field> fields, const UpdateMarks& marks);
  PushResult Update(std::initializer_list<Field> fields, const UpdateMarks& marks);
  PushResult Update(std::span<const Field> fields, bool snapshot = false);
  PushResult Update(std::initializer_list<Field> fields, bool snapshot = false);

  // The initial state is complete (EOS). Needed at the end of the snapshot of DISTINCT and COMMAND;
  // without it clients wait for the first event that is no snapshot. If IsSnapshotAvailable() said
  // no, the library has sent it.
  PushResult EndOfSnapshot();

  // Forgets the item's state on server and clients (CLS): MERGE sets all fields to null, COMMAND
  // deletes all keys, DISTINCT clears the history.
  PushResult ClearSnapshot();

  // Says how changes of fields may be sent (DFD, from 1.9.0; a no-op before). The first word on a
  // field holds, and only if it comes before the field's first event.
  PushResult DeclareDiffOrder(std::span<const FieldDiffOrder> orders);

  // Going on where an earlier subscription of the item ended, be it of this process or of another
  // one, in place of telling everything anew. Over gRPC only, and for a host with one server: of
  // several, each would have to be told something else.
  //
  // An update may bear a resume token: bytes that tell the provider where the item's flow stands
  // behind it, 1 KiB at most. The server keeps the last one with the item's state, as long as some
  // client wants the item. When it has to subscribe the item again, it gives the token back:
  //
  //   Status Subscribe(Subscription s) override {
  //     const uint64_t last = NumberOf(s.resume_token());
  //     const std::lock_guard lock(mutex_);  // nothing is published or dropped meanwhile
  //     if (Keeps(last + 1) && s.Resume()) {
  //       SendFrom(last + 1, s);
  //     } else {
  //       SendSnapshot(s);
  //     }
  //
  // Of updates without one, those behind the last token come twice.

  // The token that the server has; empty: none.
  const std::string& resume_token() const;
  // What follows is what came behind resume_token(), and nothing else: the server's state stays,
  // nothing is a snapshot. Within Subscribe(), before its first event; an error that Subscribe()
  // returns later still counts. False: it is too late, or there is no token; tell everything.
  bool Resume();
  // Where the item's flow stands now, as the token of an update says it: when nothing has happened
  // to this item, but it has to others, or behind EndOfSnapshot(). Over ARI a no-op.
  PushResult Checkpoint(std::string_view resume_token);

 private:
  std::shared_ptr<ItemFeed> feed_;
};

}  // namespace penstock::adapter
