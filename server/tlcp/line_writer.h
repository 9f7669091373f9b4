// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tlcp/codes.h"
#include "tlcp/request.h"
#include "tlcp/version.h"

// Each function appends one whole line, CR LF included, to `out`. Text arguments come in decoded
// and are encoded here; bytes that are not UTF-8 become U+FFFD. Shard: any; no state.
namespace penstock::tlcp {

inline constexpr std::string_view kLineEnd = "\r\n";

// Session. None of these is a data notification.

// `keepalive_or_idle` is what was granted. A control link that cannot be written as it is (empty,
// or with a comma, a blank or a control character) becomes `*`.
void AppendConOk(std::string_view session_id, std::int64_t request_limit, Millis keepalive_or_idle,
                 std::string_view control_link, std::string& out);
void AppendConErr(const Error& error, std::string& out);
void AppendEnd(const Error& error, std::string& out);
void AppendLoop(Millis delay, std::string& out);
void AppendProg(std::uint64_t progressive, std::string& out);
// Nothing is written for an empty name or address: those lines must have an argument.
void AppendServName(std::string_view name, std::string& out);
void AppendClientIp(std::string_view address, std::string& out);
// Bandwidth in force; `unmanaged` = unlimited, and the client may not change that.
void AppendCons(const Bandwidth& bandwidth, std::string& out);
void AppendConsUnmanaged(std::string& out);
void AppendSync(std::chrono::seconds since_bind, std::string& out);
void AppendProbe(std::string& out);
void AppendNoop(std::string_view filler, std::string& out);
void AppendWsok(std::string& out);

// Subscriptions. Every one of these is a data notification: it counts for recovery.

void AppendSubOk(int sub_id, int items, int fields, std::string& out);
// Positions from 1.
void AppendSubCmd(int sub_id, int items, int fields, int key_position, int command_position,
                  std::string& out);
void AppendUnsub(int sub_id, std::string& out);
// `max_frequency` is the highest applied one, or nothing for unlimited.
void AppendConf(int sub_id, std::optional<double> max_frequency, bool filtered, std::string& out);
void AppendEos(int sub_id, int item, std::string& out);
void AppendCs(int sub_id, int item, std::string& out);
void AppendOv(int sub_id, int item, std::uint64_t lost, std::string& out);

// Messages: data notifications too. An empty sequence is written `*`.

// `response` is left out for clients older than 2.5.0.
void AppendMsgDone(Version version, std::string_view sequence, std::int64_t prog,
                   std::string_view response, std::string& out);
void AppendMsgFail(std::string_view sequence, std::int64_t prog, const Error& error,
                   std::string& out);
// `count` consecutive messages up to `last_prog` were skipped by timeout: code 38 or 39.
void AppendMsgSkipped(std::string_view sequence, std::int64_t last_prog, std::int64_t count,
                      std::string& out);

// Answers to requests; not data notifications.

// An empty id gives the bare REQOK of a heartbeat over HTTP.
void AppendReqOk(std::string_view request_id, std::string& out);
void AppendReqErr(std::string_view request_id, const Error& error, std::string& out);
void AppendError(const Error& error, std::string& out);

// True for a line whose kind the recovery counter counts, `U` included: for checks and for readers
// of what was written; writers know it from the lists above.
bool IsDataNotification(std::string_view line);

}  // namespace penstock::tlcp
