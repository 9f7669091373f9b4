// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/encoding.h"
#include "ari/method.h"
#include "ari/status.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// SUB, USB, and the notifications UD3 EOS CLS DFD FAL (ari.md 4).

// SUB and USB; answered by ParseVoidReply(). The id of a SUB is the subscription id of its
// notifications.
Status ParseItemRequest(Method method, std::string_view args, const Dialect& dialect,
                        std::string* item);
void WriteItemRequest(std::string_view id, Method method, std::string_view item,
                      const Dialect& dialect, std::string* out);

// One field of an update. A name that comes twice: the last one holds.
struct FieldView {
  std::string_view name;
  std::string_view value;
  bool null = false;
  bool operator==(const FieldView&) const = default;
};

// The difference algorithms of one field: letters J (JSON Patch) and M (diff-match-patch) in order
// of preference; other letters mean nothing. Empty: never a difference. undeclared: says nothing
// about the field.
struct FieldDiffView {
  std::string_view name;
  std::string_view algorithms;
  bool undeclared = false;
  bool operator==(const FieldDiffView&) const = default;
};

// Any notification; which members count depends on `method`.
struct Notification {
  Method method = Method::kUnknown;
  std::string_view item;
  std::string_view sub_id;
  bool is_snapshot = false;          // UD3
  std::vector<FieldView> fields;     // UD3
  std::vector<FieldDiffView> diffs;  // DFD
  Text failure;                      // FAL
};

// Parses notifications, one after the other, without an allocation once its buffers have grown.
// Owner: one connection. Thread: that of the connection. The result's views point into the line and
// into the parser: they die at the next Parse() or with the line.
class NotificationParser {
 public:
  // The result is in notification(), complete only if the status is ok. `method` must be one of
  // IsNotification().
  Status Parse(Method method, std::string_view args, const Dialect& dialect);
  const Notification& notification() const { return notification_; }

 private:
  Scratch scratch_;
  Notification notification_;
};

// The writers append one whole packet.
void WriteUpdate(uint64_t timestamp_millis, std::string_view item, std::string_view sub_id,
                 bool is_snapshot, const FieldView* fields, size_t field_count,
                 const Dialect& dialect, std::string* out);
// The same in parts, for one update that goes to several receivers: a timestamp, the head of one
// subscription, and the tail, which all receivers of one encoding share.
void WriteUpdateHead(std::string_view item, std::string_view sub_id, const Dialect& dialect,
                     std::string* out);
void WriteUpdateTail(bool is_snapshot, const FieldView* fields, size_t field_count,
                     Encoding encoding, std::string* out);
// kEos or kCls.
void WriteItemEvent(uint64_t timestamp_millis, Method method, std::string_view item,
                    std::string_view sub_id, const Dialect& dialect, std::string* out);
void WriteDiffOrder(uint64_t timestamp_millis, std::string_view item, std::string_view sub_id,
                    const FieldDiffView* diffs, size_t diff_count, const Dialect& dialect,
                    std::string* out);
// FAL of a data adapter carries a timestamp, that of a metadata adapter the id "2".
void WriteFailure(std::string_view id, std::optional<std::string_view> message,
                  const Dialect& dialect, std::string* out);

}  // namespace penstock::ari
