// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tlcp/codes.h"
#include "tlcp/version.h"

// Requests of a client, typed and validated. They own their strings (decoded, valid UTF-8), so they
// may outlive the bytes they came in. Shard: any; plain values.
namespace penstock::tlcp {

using Millis = std::chrono::milliseconds;

enum class RequestName : std::uint8_t {
  kCreateSession,
  kBindSession,
  kControl,
  kMsg,
  kHeartbeat,
  kWsok,
};

enum class Mode : std::uint8_t { kRaw, kMerge, kDistinct, kCommand };

// Kilobits a second; nothing = unlimited.
struct Bandwidth {
  std::optional<double> kbps;

  bool unlimited() const { return !kbps; }
  bool operator==(const Bandwidth&) const = default;
};

// Updates a second of each item.
struct Frequency {
  enum class Kind : std::uint8_t { kUnlimited, kUnfiltered, kLimited };
  Kind kind = Kind::kUnlimited;
  double per_second = 0;  // kLimited only; above 0

  static Frequency Unlimited() { return {}; }
  static Frequency Unfiltered() { return {Kind::kUnfiltered, 0}; }
  static Frequency Limited(double per_second) { return {Kind::kLimited, per_second}; }
  bool operator==(const Frequency&) const = default;
};

// Events; nothing = unlimited.
struct BufferSize {
  std::optional<int> events;

  bool unlimited() const { return !events; }
  bool operator==(const BufferSize&) const = default;
};

// LS_snapshot: a length is meant for DISTINCT; the other modes take it as a plain yes.
struct Snapshot {
  bool wanted = false;
  std::optional<int> length;

  bool operator==(const Snapshot&) const = default;
};

struct Add {
  int sub_id = 0;
  Mode mode = Mode::kMerge;
  std::string group;
  std::string schema;
  std::string data_adapter = "DEFAULT";
  std::optional<std::string> selector;
  std::optional<BufferSize> buffer_size;  // nothing = default of the mode
  Frequency max_frequency;
  Snapshot snapshot;
  bool ack = true;  // false only on a WebSocket

  // Everything but `ack`: a repeated request for the same subscription.
  bool SameAs(const Add& other) const;
};

struct Delete {
  int sub_id = 0;
  bool ack = true;
};

struct Reconf {
  int sub_id = 0;
  std::optional<Frequency> max_frequency;  // nothing = leave; never kUnfiltered
};

struct Constrain {
  Bandwidth max_bandwidth;
};

struct ForceRebind {
  std::optional<Millis> polling;
  bool close_socket = false;
};

struct Destroy {
  std::optional<Error> custom_cause;  // instead of 31; its code is 0 or negative
  bool close_socket = false;
};

// Mobile push is not offered: the operation is recognised in order to be refused with code 40.
struct Mpn {
  enum class Op : std::uint8_t { kRegister, kResetBadge, kActivate, kPnReconf, kDeactivate };
  Op op = Op::kRegister;
};

using ControlOp = std::variant<Add, Delete, Reconf, Constrain, ForceRebind, Destroy, Mpn>;

struct Control {
  std::optional<std::string> session_id;  // nothing only on a WebSocket and in a combo
  std::string request_id;                 // empty only in a combo
  std::string cause;                      // diagnostic word of the client, may be empty
  ControlOp op;
};

struct Message {
  std::optional<std::string> session_id;
  std::string request_id;
  std::string text;
  std::optional<std::string> sequence;
  std::optional<std::int64_t> prog;  // there whenever sequence is there or outcome is wanted
  std::optional<Millis> max_wait;    // only with a sequence
  bool outcome = true;
  bool ack = true;
};

// What create_session and bind_session say about the connection they open.
struct LinkOptions {
  struct Polling {
    Millis interval{0};
    Millis idle{0};
  };
  std::optional<Polling> polling;  // nothing = streaming
  std::optional<std::int64_t> content_length;
  std::optional<Millis> keepalive;  // streaming only, as the next two
  std::optional<Millis> inactivity;
  bool send_sync = true;
  bool reduce_head = false;
};

struct CreateSession {
  // How long the client will wait for the answer.
  struct Ttl {
    enum class Kind : std::uint8_t { kUnknown, kUnlimited, kMillis };
    Kind kind = Kind::kUnknown;
    Millis millis{0};
  };

  Version version;
  std::string client_id;
  std::optional<std::string> user;  // nothing = null user; empty is something else
  std::optional<std::string> password;
  std::string adapter_set = "DEFAULT";
  std::optional<Bandwidth> max_bandwidth;
  bool allows_json_patch = true;  // ^P
  bool allows_tlcp_diff = true;   // ^T
  LinkOptions link;
  Ttl ttl;
  std::optional<std::string> old_session;
  std::string cause;
  // Combo request: all of them succeed or the session does not come to be (CONERR 64). They have
  // no session id, no request id and get no REQOK.
  std::vector<std::variant<Control, Message>> controls;
};

struct BindSession {
  Version version;
  std::optional<std::string> session_id;  // nothing only on a WebSocket
  std::optional<std::uint64_t> recovery_from;
  LinkOptions link;
  std::string cause;
};

struct Heartbeat {
  std::optional<std::string> session_id;  // nothing only on a WebSocket
};

struct Wsok {};

using Request = std::variant<CreateSession, BindSession, Control, Message, Heartbeat, Wsok>;

}  // namespace penstock::tlcp
