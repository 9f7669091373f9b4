// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The session and its link: binding, leaving, what the head of a bind says (TLCP §2.2, §2.4, §7).

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "session/pump.h"
#include "session/recovery_log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

namespace {
// Longer than any client waits.
constexpr Millis kMost = std::chrono::hours(24 * 24);
// CONOK, SERVNAME, CLIENTIP and CONS as they mostly are.
constexpr std::size_t kUsualHead = 192;
}  // namespace

void Session::Bind(ClientLink* link, const tlcp::LinkOptions& options, bool websocket, bool created,
                   std::string_view client_ip) {
  const Options& limits = table_.options();
  const TimePoint now = table_.shard().now();
  Touch();
  SettleCredit(false);
  // The newest bind wins; the old connection gets no further line.
  if (link_ != nullptr && link_ != link) std::exchange(link_, nullptr)->Abandon(recovers_);
  link_ = link;
  const Binding last = std::exchange(binding_, Binding());
  binding_.bound_at = binding_.last_write = now;
  binding_.budget = -1;
  // A poll is bounded on whatever connection, and by the server in any case: it is kept whole.
  if (!websocket || options.polling) {
    const std::int64_t wanted = options.content_length.value_or(0);
    binding_.budget = wanted >= limits.content_length_min ? wanted : limits.content_length;
    if (options.polling) binding_.budget = std::min(binding_.budget, limits.content_length);
  }
  Millis granted{0};
  if (options.polling) {
    if (last.polling && !recovers_) binding_.not_before = last.bound_at + limits.polling_min;
    binding_.polling = true;
    binding_.polling_interval = std::min({options.polling->interval, limits.polling_max, kMost});
    granted = std::min(options.polling->idle, limits.idle_max);
    binding_.until = now + granted;
  } else {
    granted = std::clamp(options.keepalive.value_or(limits.keepalive), limits.keepalive_min,
                         limits.keepalive_max);
    binding_.keepalive = granted;
    binding_.inactivity = std::min(options.inactivity.value_or(Millis(0)), kMost);
    binding_.send_sync = options.send_sync;
    binding_.next_sync = now + limits.sync_interval;
    if (!websocket && limits.streaming_max.count() > 0) binding_.until = now + limits.streaming_max;
  }
  ForgetHead();
  std::string& head = Head();
  head.reserve(kUsualHead);
  if (created || !options.reduce_head) {
    tlcp::AppendConOk(id(), limits.request_limit, granted, limits.control_link, head);
  }
  const bool ip_changed = !limits.client_ip_hidden && client_ip != client_ip_;
  if (!options.reduce_head) {
    if (created) tlcp::AppendServName(limits.server_name, head);
    if (ip_changed) tlcp::AppendClientIp(client_ip, head);
  }
  if (created) tells_bandwidth_ = !options.reduce_head;  // in the whole session (TLCP §2.1)
  if (tells_bandwidth_) AppendCons(head);
  // Browsers repeat a POST by themselves when its connection is reset before the answer comes: the
  // second of two equal polls would pass for the next one.
  const bool may_be_repeated = options.polling && !websocket && !created;
  if (may_be_repeated && CountsForClient() && !prog_) {
    prog_ = log_ == nullptr ? 0 : log_->sent();
  }
  if (prog_) tlcp::AppendProg(*std::exchange(prog_, std::nullopt), head);
  recovers_ = false;
  client_ip_ = client_ip;
  if (throttle_ != nullptr) throttle_->link_taken = link->taken();
  unbound_until_ = TimePoint::max();
  window_at_ = now;
  wait_until_ = TimePoint::max();
  // What became due while there was no link.
  ReleasePaced();
  MarkReady(true);
  ArmAt(NextDeadline());
}

std::string& Session::Head() {
  if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
  return waiting_->head;
}

// What it said of the client's address was not told.
void Session::ForgetHead() {
  if (waiting_ == nullptr || waiting_->head.empty()) return;
  client_ip_.clear();
  waiting_->head.clear();
}

void Session::SendHead() {
  if (link_ == nullptr || waiting_ == nullptr || waiting_->head.empty()) return;
  std::string& cork = table_.shard().write_buffer();
  cork.assign(kHeaderRoom, '\0');
  cork += std::exchange(waiting_->head, {});
  if (binding_.budget >= 0) {
    binding_.budget -= static_cast<std::int64_t>(cork.size() - kHeaderRoom);
  }
  link_->Flush(cork);
  if (link_ != nullptr) SettleCredit(false);
}

void Session::OnLinkWritable() {
  if (link_ == nullptr) return;
  binding_.blocked_at = TimePoint::max();
  MarkReady(true);
}

void Session::OnLinkLost() {
  if (link_ == nullptr) return;
  PENSTOCK_LOG(kSession, kDebug, "link lost", {"session", id()});
  broke_ = true;
  const Options& options = table_.options();
  Unbind(options.recovery.count() > 0 ? options.recovery : options.timeout);
}

void Session::Unbind(Duration wait) {
  link_ = nullptr;
  ForgetHead();
  wait_until_ = TimePoint::max();
  unbound_since_ = table_.shard().now();
  unbound_until_ = unbound_since_ + wait;
  ArmAt(unbound_until_);
}

void Session::SendLoop(Millis delay, bool close_socket) {
  std::string& cork = table_.shard().write_buffer();
  cork.assign(kHeaderRoom, '\0');
  Compose(cork, SIZE_MAX);
  TrimLog();
  tlcp::AppendLoop(delay, cork);
  LeaveLink(cork, table_.options().timeout + delay, close_socket, false);
}

void Session::LeaveLink(std::string& cork, Duration wait, bool close_socket, bool updates) {
  ClientLink* const link = link_;
  const std::uint64_t charged = throttle_ == nullptr ? link->taken() : throttle_->link_taken;
  link->Flush(cork);
  Unbind(wait);
  const std::uint64_t taken = link->Finish(close_socket);
  if (throttle_ == nullptr) return;
  // The next bind may have come meanwhile, on the same link.
  const std::uint64_t bound = std::exchange(throttle_->link_taken, charged);
  Charge(taken, updates);
  throttle_->link_taken = bound;
}

void Session::AppendCons(std::string& out) const {
  tlcp::Bandwidth in_force;
  if (throttle_ != nullptr) in_force.kbps = throttle_->kbps;
  tlcp::AppendCons(in_force, out);
}

}  // namespace penstock::session
