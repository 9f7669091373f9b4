// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session.h"

#include <algorithm>

#include "base/log.h"
#include "session/message_queue.h"
#include "session/recovery_log.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

namespace {
// Bytes of control notifications that wait for a link. The answers to a client's burst of
// subscriptions fit many times over.
constexpr std::size_t kMaxWaitingLines = 1024 * 1024;
// An adapter may mean "for ever" by any number.
constexpr std::chrono::seconds kLongestLife = std::chrono::hours(24 * 3650);
}  // namespace

Session::Session(SessionTable& table, SessionProfile profile, protection::Pass pass)
    : table_(table),
      adapter_set_(profile.adapter_set),
      id_(std::move(profile.id)),
      user_(profile.user.value_or("")),
      version_(profile.version),
      diff_support_(profile.diff_support),
      granted_kbps_(profile.grant.max_bandwidth_kbps),
      has_user_(profile.user.has_value()),
      wants_tables_(profile.grant.wants_tables),
      pass_(std::move(pass)),
      timer_([](void* self) { static_cast<Session*>(self)->OnTimer(); }, this) {
  const TimePoint now = table_.shard().now();
  if (profile.grant.time_to_live.count() > 0) {
    expires_at_ = now + std::min(profile.grant.time_to_live, kLongestLife);
  }
  if (table_.options().max_duration.count() > 0) {
    expires_at_ = std::min(expires_at_, now + table_.options().max_duration);
  }
  last_request_ = now;
  LimitBandwidth(profile.requested_bandwidth);
  if (throttle_ != nullptr)
    throttle_->credit_at -= std::chrono::seconds(1);  // as after a quiet while
  unbound_since_ = now;
  unbound_until_ = now + table_.options().timeout;
  ArmAt(unbound_until_);
}

Session::~Session() = default;

void Session::Touch() { last_request_ = table_.shard().now(); }

// By id; clients mostly count upwards.
std::vector<std::unique_ptr<Subscription>>::iterator Session::Place(int sub_id) {
  return std::lower_bound(subscriptions_.begin(), subscriptions_.end(), sub_id,
                          [](const auto& one, int id) { return one->id() < id; });
}

Subscription* Session::Find(int sub_id) {
  const auto it = Place(sub_id);
  return it != subscriptions_.end() && (*it)->id() == sub_id ? it->get() : nullptr;
}

// What a request says stays until it can be sent.
std::optional<tlcp::Error> Session::CheckWaitingLines() const {
  if (waiting_ == nullptr || waiting_->lines.size() <= kMaxWaitingLines) return std::nullopt;
  return Over(protection::Limit::kWaitingLines, "Too much waits to be sent");
}

tlcp::Error Session::Over(protection::Limit limit, const char* text) const {
  table_.Note(limit, client_ip_);
  return tlcp::MakeError(tlcp::RequestCode::kInternalError, text);
}

std::optional<tlcp::Error> Session::CheckRates(bool message) {
  constexpr auto kTooFast = "Too many requests, please try again later";
  const Options& limits = table_.options();
  const TimePoint now = table_.shard().now();
  if (!request_rate_.Take(now, limits.request_rate)) {
    return Over(protection::Limit::kRequestRatePerSession, kTooFast);
  }
  if (message && !message_rate_.Take(now, limits.message_rate)) {
    return Over(protection::Limit::kMessageRatePerSession, kTooFast);
  }
  if (!pass_.address.TakeRequest(now)) {
    return Over(protection::Limit::kRequestRatePerAddress, kTooFast);
  }
  if (!pass_.user.TakeRequest(now)) return Over(protection::Limit::kRequestRatePerUser, kTooFast);
  return std::nullopt;
}

void Session::Handle(tlcp::Message message, Answer answer) {
  Touch();
  std::optional<tlcp::Error> refusal = CheckRates(true);
  if (!refusal) refusal = CheckWaitingLines();
  HandleMessage(std::move(message), std::move(refusal), std::move(answer));
}

void Session::Handle(tlcp::Control control, Answer answer) {
  Touch();
  // What gives something back is counted, but never refused for its rate.
  std::optional<tlcp::Error> refusal = CheckRates(false);
  const bool destroys = std::holds_alternative<tlcp::Destroy>(control.op);
  if (destroys || std::holds_alternative<tlcp::Delete>(control.op) ||
      std::holds_alternative<tlcp::ForceRebind>(control.op)) {
    refusal.reset();
  }
  if (!refusal && !destroys) refusal = CheckWaitingLines();
  if (refusal) {
    ++table_.counters().controls_refused;
    answer(std::move(refusal));
    return;
  }
  if (auto* add = std::get_if<tlcp::Add>(&control.op)) {
    HandleAdd(std::move(*add), std::move(answer));
  } else if (auto* del = std::get_if<tlcp::Delete>(&control.op)) {
    HandleDelete(*del, std::move(answer));
  } else if (auto* reconf = std::get_if<tlcp::Reconf>(&control.op)) {
    HandleReconf(*reconf, std::move(answer));
  } else if (auto* constrain = std::get_if<tlcp::Constrain>(&control.op)) {
    HandleConstrain(*constrain, std::move(answer));
  } else if (auto* rebind = std::get_if<tlcp::ForceRebind>(&control.op)) {
    HandleForceRebind(*rebind, std::move(answer));
  } else if (auto* destroy = std::get_if<tlcp::Destroy>(&control.op)) {
    HandleDestroy(*destroy, std::move(answer));
  } else {
    answer(tlcp::MakeError(tlcp::RequestCode::kMpnDisabled));
  }
}

void Session::Close(const std::optional<tlcp::Error>& cause, bool close_socket) {
  if (closed_) return;
  closed_ = true;
  timer_.Cancel();
  pass_ = {};
  // First of all nobody finds it any more: the answers below run code of connections, which may
  // bring the next request.
  table_.Retire(*this);
  ready_head_ = ready_tail_ = nullptr;  // not searched once for each subscription
  paced_.reset();
  std::vector<int> ids;
  for (const auto& subscription : subscriptions_) ids.push_back(subscription->id());
  const Duration linger = LingerOfItems();
  for (const int id : ids) Unsubscribe(id, linger);
  if (link_ != nullptr) {
    ClientLink* const link = std::exchange(link_, nullptr);
    // A client that does not read may come back by another way.
    if (cause && !link->writable()) Mourn(*cause);
    if (cause) {
      std::string& cork = table_.shard().write_buffer();
      cork.assign(kHeaderRoom, '\0');
      if (waiting_ != nullptr) cork += waiting_->head;
      tlcp::AppendEnd(*cause, cork);
      link->Flush(cork);
      link->Finish(close_socket);
    } else {
      link->Abandon(false);
    }
  } else if (cause) {
    Mourn(*cause);
  }
  PENSTOCK_LOG(kSession, kInfo, "session closed", {"session", id()},
               {"code", cause ? cause->code : 0},
               {"reason", cause ? std::string_view(cause->message) : std::string_view("silent")},
               {"updates", totals_.updates}, {"filtered", totals_.filtered}, {"lost", totals_.lost},
               {"unselected", totals_.unselected});
  adapter_set_.metadata->CloseSession(id(), user());
}

// Who comes back for the session is told why it has ended.
void Session::Mourn(const tlcp::Error& cause) {
  table_.obituaries_.Add(id(), cause, table_.shard().now() + table_.options().timeout);
}

// A page that is loaded again wants the same items in a moment: they stay subscribed that long.
// The time in which the session has waited for its client counts.
Duration Session::LingerOfItems() const {
  if (table_.closed()) return Duration::zero();
  const Duration linger = table_.options().item_linger;
  if (link_ != nullptr) return linger;
  return std::max(linger - (table_.shard().now() - unbound_since_), Duration::zero());
}

}  // namespace penstock::session
