// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "protection/gate.h"
#include "protection/limit.h"
#include "protection/rate.h"
#include "runtime/shard.h"
#include "session/client_link.h"
#include "session/metadata_port.h"
#include "session/options.h"
#include "session/subscription.h"
#include "tlcp/request.h"

namespace penstock::session {

class MessageQueue;
struct PumpCounters;
class RecoveryLog;
class SessionTable;

// What a session is made of: what its create_session asked for, and what it was granted.
struct SessionProfile {
  std::string id;
  tlcp::Version version;
  const AdapterSet& adapter_set;
  std::optional<std::string> user;
  OpenGrant grant;
  tlcp::Bandwidth requested_bandwidth;
  tlcp::DiffSupport diff_support;
};

// A client's session (TLCP §7): subscriptions, what waits to be sent, and the link it is bound to,
// if any. It composes nothing by itself: the pump calls Flush() at the end of a turn in which the
// session said that it is ready, and only then are the latest values looked at. What most sessions
// do without most of the time is there only while it is needed.
//
// Owned by the SessionTable of its shard until Close(), then by the shard until the turn is over.
// Shard: own; the session never leaves it. Invariant: bound to at most one link.
class Session final : public runtime::Deferred {
 public:
  Session(SessionTable& table, SessionProfile profile, protection::Pass pass);
  ~Session() override;

  const std::string& id() const { return id_; }
  const AdapterSet& adapter_set() const { return adapter_set_; }
  SessionTable& table() { return table_; }
  bool bound() const { return link_ != nullptr; }
  const ClientLink* link() const { return link_; }

  // The stream connection (bind.cc). `created`: right after create_session.
  void Bind(ClientLink* link, const tlcp::LinkOptions& options, bool websocket, bool created,
            std::string_view client_ip);
  // What comes before a bind by bind_session (recovery.cc): the client has got all that was sent,
  // or the first `recovery_from` data notifications. Otherwise, the session is closed, and the
  // error is for its CONERR.
  std::optional<tlcp::Error> PrepareBind(std::optional<std::uint64_t> recovery_from);
  // The head of the bind goes out now, because the link has something to say that must follow it.
  void SendHead();
  void OnLinkWritable();
  void OnLinkLost();

  // Requests. Any of them counts as a sign of life.
  void Touch();
  void Handle(tlcp::Control control, Answer answer);
  void Handle(tlcp::Message message, Answer answer);

  // Ends a subscription as a client would, for the Metadata Adapter (FUS). `done` is told false if
  // the adapter did not allow this for the subscription; true: done, or nothing to do.
  void ForceUnsubscribe(int sub_id, absl::AnyInvocable<void(bool)> done);

  // Ends the session: END with `cause` on the link where that is possible, silently without one.
  // The object dies after the turn.
  void Close(const std::optional<tlcp::Error>& cause, bool close_socket = false);

  // The item may have something that this subscription has not sent.
  void OnItemReady(SubscribedItem& item);
  // The owner of an item has answered whether it can be had in this mode.
  void OnItemSettled(int sub_id);
  // Composes and sends what is due; the link may hold it until OnFlushed(). Called by the pump.
  void Flush();
  void OnFlushed();
  // Hints of the pump that a flush comes soon: to fetch what the session points to, and later what
  // that points to.
  void PrefetchParts() const;
  void PrefetchEnds() const;

 private:
  friend class Pump;

  // Why a client that does not read may not go on.
  std::optional<tlcp::Error> CheckWaitingLines() const;
  // Counts a request: why a client that asks too much may not go on.
  std::optional<tlcp::Error> CheckRates(bool message);
  tlcp::Error Over(protection::Limit limit, const char* text) const;

  std::optional<std::string> user() const {
    return has_user_ ? std::optional(user_) : std::nullopt;
  }
  // Null if there is none of that id.
  Subscription* Find(int sub_id);
  // Where it is or would be.
  std::vector<std::unique_ptr<Subscription>>::iterator Place(int sub_id);

  // One file each in control/.
  void HandleAdd(tlcp::Add request, Answer answer);
  void OnAuthorized(int sub_id, std::uint32_t serial,
                    std::variant<SubscribeGrant, tlcp::Error> result);
  std::optional<tlcp::Error> Attach(Subscription& subscription, SubscribeGrant grant);
  std::optional<tlcp::Error> FindFields(const std::vector<std::string>& names,
                                        std::vector<kernel::FieldId>* fields);
  void FinishAdd(int sub_id, std::optional<tlcp::Error> refusal);
  void Activate(Subscription& subscription);
  void HandleDelete(const tlcp::Delete& request, Answer answer);
  void Unsubscribe(int sub_id, Duration linger);
  void HandleReconf(const tlcp::Reconf& request, Answer answer);
  void HandleConstrain(const tlcp::Constrain& request, Answer answer);
  void HandleForceRebind(const tlcp::ForceRebind& request, Answer answer);
  void HandleDestroy(const tlcp::Destroy& request, Answer answer);
  // `refusal`: the message may not be taken.
  void HandleMessage(tlcp::Message message, std::optional<tlcp::Error> refusal, Answer answer);
  void SendMessages();
  void OnMessageOutcome(std::uint64_t ticket, std::variant<MessageOutcome, tlcp::Error> result);
  void ExpireMessages();

  Duration LingerOfItems() const;
  void Mourn(const tlcp::Error& cause);

  // bind.cc
  std::string& Head();
  void Unbind(Duration wait);
  void ForgetHead();
  void SendLoop(Millis delay, bool close_socket);
  // The last of what the link is told, and the session waits so long for another one.
  void LeaveLink(std::string& cork, Duration wait, bool close_socket, bool updates);
  void AppendCons(std::string& out) const;
  TimePoint ProbeDue() const;
  TimePoint PollDue() const;

  // recovery.cc
  RecoveryLog* Log();
  // Notifications are counted, and the client knows PROG.
  bool CountsForClient() const;
  void LogLines(std::string_view lines);
  void TrimLog();

  // flush.cc
  void MarkReady(bool at_once);
  // What goes before updates. False if `most` leaves no room for all of it.
  bool Compose(std::string& cork, std::size_t most);
  bool HasLines() const;
  // Control notifications are appended here.
  std::string& Lines();
  // Why AppendUpdates() stopped.
  enum class Fill : std::uint8_t { kAll, kEnough, kBudgetSpent };
  // Appends lines until there are `enough` bytes, but never more than `most`.
  Fill AppendUpdates(std::string& cork, std::size_t enough, std::size_t most);
  bool HasUpdates() const { return ready_head_ != nullptr; }
  void PushReady(SubscribedItem& item);
  SubscribedItem* PopReady();
  void DropReady(const Subscription& subscription);
  void PaceItem(SubscribedItem& item, TimePoint due);
  void ReleasePaced();
  // The poll is not to be answered yet.
  bool HoldsPoll();
  // Where AppendUpdates() may stop.
  std::size_t Enough() const;

  // throttle.cc
  // From now on this is what the client asks for.
  void LimitBandwidth(const tlcp::Bandwidth& requested);
  void SettleCredit(bool updates);
  void Charge(std::uint64_t taken, bool updates);
  double MostCredit(double rate) const;
  bool CreditLeft();
  // After a look at the link: since when it takes nothing more.
  void WatchLink();
  TimePoint SlowDue() const;
  bool IsSlow();
  void EndSlowClient();

  // timers.cc
  void OnTimer();
  void ArmAt(TimePoint at);
  TimePoint NextDeadline() const;

  // Of less than a month, to keep them small.
  using ShortMillis = std::chrono::duration<std::int32_t, std::milli>;

  // What a bind asked for and was granted.
  struct Binding {
    bool polling = false;
    bool send_sync = false;
    bool used = false;       // something beyond the head was sent
    bool probe_due = false;  // to be sent with the next flush
    ShortMillis keepalive{0};
    ShortMillis polling_interval{0};
    ShortMillis inactivity{0};  // 0 = not asked
    std::int64_t budget = 0;    // bytes left of the response; negative = no limit
    TimePoint not_before{};     // an early poll is held
    TimePoint bound_at{};
    TimePoint last_write{};
    TimePoint next_sync{};
    TimePoint until = TimePoint::max();       // of a response: a poll is answered, a stream is left
    TimePoint blocked_at = TimePoint::max();  // since when the link takes nothing more
    std::uint64_t sent_then = 0;              // what had left by it
  };

  // What became of the events that it was offered, for the last word on it.
  struct Totals {
    std::uint64_t updates = 0;
    std::uint64_t filtered = 0;
    std::uint64_t lost = 0;
    std::uint64_t unselected = 0;
    void Add(const PumpCounters& before, const PumpCounters& after);
  };

  // What waits to be sent besides items.
  struct Waiting {
    std::string head;   // of a bind
    std::string lines;  // control notifications
  };

  // Items that have something new, but not before their time.
  struct Paced {
    std::vector<SubscribedItem*> items;
    TimePoint at = TimePoint::max();  // the first of them
  };

  // A bandwidth limit, and the bytes that may be sent within it: refilled with time, less what the
  // link has taken.
  struct Throttle {
    double kbps = 0;
    double credit = 0;
    TimePoint credit_at{};
    std::uint64_t link_taken = 0;  // of it, charged so far
  };

  // Fixed after construction.
  SessionTable& table_;
  const AdapterSet& adapter_set_;
  const std::string id_;
  const std::string user_;  // empty without one, too
  const tlcp::Version version_;
  const tlcp::DiffSupport diff_support_;
  const double granted_kbps_;  // 0 = no limit
  const bool has_user_;
  const bool wants_tables_;

  // State.
  bool sending_messages_ = false;
  bool closed_ = false;
  bool in_pump_ = false;
  bool tells_bandwidth_ = true;
  bool recovers_ = false;  // the next bind is one after a break
  bool broke_ = false;     // some link did not end with LOOP
  std::uint32_t pending_controls_ = 0;
  std::uint32_t next_serial_ = 1;
  std::uint32_t item_count_ = 0;  // of all subscriptions
  ClientLink* link_ = nullptr;
  Binding binding_;
  std::string client_ip_;                                     // last told to the client
  std::vector<std::unique_ptr<Subscription>> subscriptions_;  // by id
  std::unique_ptr<MessageQueue> messages_;                    // null before the first
  std::unique_ptr<RecoveryLog> log_;   // null before the first data notification
  std::optional<std::uint64_t> prog_;  // told in the head of the next bind

  // What it holds of what is bounded, and how fast it asks.
  protection::Pass pass_;
  protection::Rate request_rate_;
  protection::Rate message_rate_;

  // What waits to be sent.
  std::unique_ptr<Waiting> waiting_;  // null: nothing
  SubscribedItem* ready_head_ = nullptr;
  SubscribedItem* ready_tail_ = nullptr;
  std::unique_ptr<Paced> paced_;  // null before the first

  Totals totals_;
  std::unique_ptr<Throttle> throttle_;  // null: no limit

  // Deadlines; the one timer is armed at the earliest.
  TimePoint window_at_{};  // start of the next coalescing window
  TimePoint unbound_since_{};
  TimePoint unbound_until_{};  // while not bound
  TimePoint last_request_{};
  TimePoint expires_at_ = TimePoint::max();  // time to live
  TimePoint wait_until_ = TimePoint::max();  // for the window or for credit
  runtime::WheelTimer timer_;
};
static_assert(sizeof(Session) <= 504, "there may be a million");

}  // namespace penstock::session
