// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/reception.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "protection/incidents.h"
#include "runtime/shard.h"
#include "session/session.h"
#include "session/session_id.h"
#include "session/session_table.h"

namespace penstock::session {

namespace {

using protection::Limit;

// For a client that says it waits for ever; the official ones wait a minute.
constexpr Duration kLongestPatience = std::chrono::seconds(60);

bool WaitsForEver(const tlcp::CreateSession& request) {
  return request.ttl.kind == tlcp::CreateSession::Ttl::Kind::kUnlimited;
}

Duration PatienceOf(const tlcp::CreateSession& request) {
  if (WaitsForEver(request)) return kLongestPatience;
  return std::min<Duration>(request.ttl.millis, kLongestPatience);
}

}  // namespace

struct Reception::Guest {
  Guest(Reception& at, tlcp::CreateSession create, ClientProfile who, OpenReply to)
      : reception(at),
        request(std::move(create)),
        client(std::move(who)),
        reply(std::move(to)),
        timer(
            [](void* self) {
              Guest& guest = *static_cast<Guest*>(self);
              guest.reception.OnTimer(guest);
            },
            this) {}

  std::string UserKey() const { return protection::UserKey(request.adapter_set, *request.user); }
  // Anonymous clients are not all the same one.
  bool named() const { return client.counted && request.user && !request.user->empty(); }

  Reception& reception;
  Key key{};
  tlcp::CreateSession request;
  ClientProfile client;
  const AdapterSet* set = nullptr;
  OpenReply reply;
  OpenQuery query;
  int conflicts = 0;
  std::string address_key;  // empty: not counted by its address
  protection::Pass pass;
  protection::Seat pending;
  protection::ClientLedger::LoginPlace login;
  bool asked = false;
  bool gave_up = false;
  std::optional<tlcp::Error> end;  // it shall not last
  TimePoint ask_at{};
  TimePoint gives_up_at = TimePoint::max();
  runtime::WheelTimer timer;
};

Reception::Reception(SessionTable& table, protection::Gate& gate) : table_(table), gate_(gate) {}

Reception::~Reception() = default;

void Reception::Open(tlcp::CreateSession request, ClientProfile client, OpenReply reply) {
  auto made =
      std::make_unique<Guest>(*this, std::move(request), std::move(client), std::move(reply));
  if (const std::optional<tlcp::Error> refusal = Admit(*made)) {
    constexpr int kFull = static_cast<int>(tlcp::SessionCode::kMaxSessionsReached);
    if (const auto old = refusal->code == kFull ? TakeOldSession(*made) : std::nullopt) {
      made->pass = {};
      table_.CloseOther(*old, std::nullopt, [this, made = std::move(made)]() mutable {
        Open(std::move(made->request), std::move(made->client), std::move(made->reply));
      });
      return;
    }
    Refuse(*made, *refusal);
    return;
  }
  Guest& guest = *made;
  guest.key = guests_.Insert(std::move(made));
  const TimePoint now = table_.shard().now();
  if (guest.request.ttl.kind == tlcp::CreateSession::Ttl::Kind::kMillis) {
    guest.gives_up_at = now + guest.request.ttl.millis;
  }
  const TimePoint next = guest.ask_at > now ? guest.ask_at : TimePoint::max();
  if (const TimePoint at = std::min(next, guest.gives_up_at); at != TimePoint::max()) {
    table_.shard().wheel().Arm(guest.timer, at);
  }
  if (guest.ask_at <= now) Ask(guest);
}

// Where there is no place left, the session that the new one replaces makes room before and not
// behind it.
std::optional<std::string> Reception::TakeOldSession(Guest& guest) {
  std::optional<std::string> old = std::exchange(guest.request.old_session, std::nullopt);
  return old && table_.ShardOf(*old) ? old : std::nullopt;
}

std::optional<tlcp::Error> Reception::Admit(Guest& guest) {
  if (table_.closed()) {
    return tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down");
  }
  guest.set = table_.options().FindSet(guest.request.adapter_set);
  if (guest.set == nullptr) return tlcp::MakeError(tlcp::SessionCode::kAdapterSetUnavailable);
  guest.pass.seat = protection::Seat::Take(gate_.sessions(), table_.options().max_sessions);
  if (!guest.pass.seat) {
    table_.Note(Limit::kSessions, guest.client.ip);
    return tlcp::MakeError(tlcp::SessionCode::kMaxSessionsReached);
  }
  const TimePoint now = table_.shard().now();
  Duration pace = Duration::zero();
  if (guest.client.counted && !gate_.Trusts(guest.client.ip)) {
    guest.address_key = protection::AddressKey(guest.client.ip);
    if (std::optional<tlcp::Error> refusal = AdmitByAddress(guest, pace)) return refusal;
  }
  Duration delay = Duration::zero();
  if (!guest.address_key.empty()) delay = gate_.addresses().LoginDelay(guest.address_key, now);
  if (guest.named()) delay = std::max(delay, gate_.users().LoginDelay(guest.UserKey(), now));
  guest.ask_at = now + std::max(pace, delay);
  return guest.ask_at > now ? AdmitDelayed(guest, pace, delay) : std::nullopt;
}

// `pace`: until the address may have its next session.
std::optional<tlcp::Error> Reception::AdmitByAddress(Guest& guest, Duration& pace) {
  const TimePoint now = table_.shard().now();
  guest.pass.address = gate_.addresses().OpenSession(guest.address_key, now);
  if (!guest.pass.address) {
    table_.Note(Limit::kSessionsPerAddress, guest.client.ip);
    return tlcp::MakeError(tlcp::SessionCode::kMaxSessionsReached,
                           "Too many sessions from your address");
  }
  const Duration patience = PatienceOf(guest.request);
  pace = gate_.addresses().TakeSession(guest.address_key, patience, now);
  if (pace == Duration::zero()) return std::nullopt;
  table_.Note(Limit::kSessionRatePerAddress, guest.client.ip);
  if (pace <= patience) return std::nullopt;
  // 5 makes official clients ask again, and wait this time; 10 stops them.
  return tlcp::MakeError(WaitsForEver(guest.request) ? tlcp::SessionCode::kNewSessionsBlocked
                                                     : tlcp::SessionCode::kOverloaded,
                         "Too many new sessions from your address, please try again later");
}

std::optional<tlcp::Error> Reception::AdmitDelayed(Guest& guest, Duration pace,
                                                   Duration login_delay) {
  guest.pending =
      protection::Seat::Take(gate_.creates_delayed(), table_.options().max_creates_pending);
  if (login_delay > Duration::zero()) {
    table_.Note(Limit::kLoginFailures, guest.client.ip);
    if (!guest.address_key.empty()) {
      guest.login = gate_.addresses().WaitForLogin(guest.address_key, table_.shard().now());
    }
    if (!guest.pending || (!guest.address_key.empty() && !guest.login)) {
      return tlcp::MakeError(tlcp::SessionCode::kMetadataUnavailable,
                             "Too many refused logins, please try again later");
    }
  }
  if (pace > Duration::zero() && !guest.pending) {
    return tlcp::MakeError(tlcp::SessionCode::kOverloaded);
  }
  return std::nullopt;
}

void Reception::Ask(Guest& guest) {
  const std::size_t bound = table_.options().max_creates_pending;
  const bool waits = WaitsForEver(guest.request);
  guest.login = {};
  guest.pending = protection::Seat::Take(gate_.creates_pending(), waits ? 2 * bound : bound);
  if (!guest.pending) {
    table_.Note(Limit::kCreatesPending, guest.client.ip);
    const std::unique_ptr<Guest> leaves = guests_.Remove(guest.key.slot);
    Refuse(*leaves, tlcp::MakeError(waits ? tlcp::SessionCode::kMaxLoadReached
                                          : tlcp::SessionCode::kOverloaded));
    return;
  }
  guest.asked = true;
  OpenQuery& query = guest.query;
  query.user = guest.request.user;
  query.password = guest.request.password;
  query.headers = std::move(guest.client.headers);
  query.remote_ip = guest.client.ip;
  query.remote_port = guest.client.port;
  query.local_server = guest.client.listener;
  query.forwarding_info = guest.client.forwarding_info;
  query.certificate = guest.client.certificate;
  for (const auto& [name, value] : query.headers) {
    if (name == "user-agent") query.user_agent = value;
  }
  query.client_type = guest.request.client_id;
  AskAdapter(guest);
}

void Reception::AskAdapter(Guest& guest) {
  OpenQuery& query = guest.query;
  query.session_id = MakeSessionId({table_.options().node, table_.shard().index()});
  if (query.request_id.empty()) query.request_id = query.session_id.substr(1, 16);
  // The answer may come inside of the call.
  guest.set->metadata->OpenSession(
      query, [this, key = guest.key](std::variant<OpenGrant, tlcp::Error> result) {
        OnAnswer(key, std::move(result));
      });
}

void Reception::OnAnswer(Key key, std::variant<OpenGrant, tlcp::Error> result) {
  auto* const grant = std::get_if<OpenGrant>(&result);
  if (grant != nullptr && grant->conflict != nullptr) {
    ResolveConflict(*guests_.Find(key.slot, key.generation), std::move(*grant));
    return;
  }
  std::unique_ptr<Guest> guest = guests_.Remove(key.slot);
  constexpr int kRefused = static_cast<int>(tlcp::SessionCode::kCredentialsRefused);
  if (grant != nullptr || std::get<tlcp::Error>(result).code == kRefused) {
    NoteLogin(*guest, grant == nullptr);
  }
  if (guest->gave_up) {
    if (grant != nullptr) {
      guest->set->metadata->CloseSession(std::move(guest->query.session_id), guest->query.user);
    }
  } else if (grant != nullptr) {
    LetIn(std::move(guest), std::move(*grant));
  } else {
    OnRefused(*guest, std::get<tlcp::Error>(result));
  }
}

// The other session is closed, on whatever shard it lives, then the Metadata Adapter is asked again
// (ari.md §3.3). One of another set is not for it to close.
void Reception::ResolveConflict(Guest& guest, OpenGrant grant) {
  constexpr int kMostConflicts = 10;  // an adapter that never has enough
  const std::shared_ptr<const SessionConflict> conflict = std::move(grant.conflict);
  if (guest.gave_up) {
    guests_.Remove(guest.key.slot);
    return;
  }
  if (++guest.conflicts > kMostConflicts || !table_.ShardOf(conflict->session_id)) {
    const std::unique_ptr<Guest> leaves = guests_.Remove(guest.key.slot);
    OnRefused(*leaves, conflict->refusal);
    return;
  }
  ++table_.counters().conflicts;
  guest.query.grant = std::move(grant);  // without the conflict
  table_.CloseOther(
      conflict->session_id, tlcp::MakeError(tlcp::SessionCode::kReplacedByNewerSession),
      [this, key = guest.key] {
        Guest& waiting = *guests_.Find(key.slot, key.generation);
        if (waiting.gave_up) {
          guests_.Remove(key.slot);
        } else {
          AskAdapter(waiting);
        }
      },
      guest.set->id);
}

void Reception::OnRefused(Guest& guest, const tlcp::Error& error) {
  if (refusals_.Due(table_.shard().now())) {
    PENSTOCK_LOG(kSession, kInfo, "session refused", {"adapter_set", guest.set->id},
                 {"user", guest.request.user.value_or("")}, {"client", guest.client.ip},
                 {"code", error.code}, {"reason", error.message},
                 {"held_back", refusals_.held_back()});
  }
  Refuse(guest, error);
}

void Reception::LetIn(std::unique_ptr<Guest> guest, OpenGrant grant) {
  std::optional<tlcp::Error> refusal;
  if (table_.closed()) {  // meanwhile
    refusal = tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down");
  } else if (guest->named()) {
    guest->pass.user = gate_.users().OpenSession(guest->UserKey(), table_.shard().now());
    if (!guest->pass.user) {
      if (const auto old = TakeOldSession(*guest)) {
        moving_in_.emplace(guest->query.session_id, guest.get());
        table_.CloseOther(*old, std::nullopt,
                          [this, guest = std::move(guest), grant = std::move(grant)]() mutable {
                            moving_in_.erase(guest->query.session_id);
                            LetIn(std::move(guest), std::move(grant));
                          });
        return;
      }
      table_.Note(Limit::kSessionsPerUser, guest->client.ip);
      refusal =
          tlcp::MakeError(tlcp::SessionCode::kMaxSessionsReached, "Too many sessions of this user");
    }
  }
  if (refusal) {
    guest->set->metadata->CloseSession(std::move(guest->query.session_id), guest->query.user);
    Refuse(*guest, *refusal);
    return;
  }
  PENSTOCK_LOG(kSession, kInfo, "session opened", {"session", guest->query.session_id},
               {"adapter_set", guest->set->id}, {"user", guest->request.user.value_or("")},
               {"client", guest->client.ip}, {"version", guest->request.version.ToString()},
               {"cause", guest->request.cause});
  const std::string session_id = guest->query.session_id;
  table_.Create(std::move(guest->request), session_id, *guest->set, std::move(grant),
                std::move(guest->pass), std::move(guest->reply));
  if (!guest->end) return;
  if (Session* const session = table_.Find(session_id)) session->Close(*guest->end);
}

void Reception::End(const std::string& adapter_set, const std::string& session_id,
                    const tlcp::Error& cause) {
  const auto it = moving_in_.find(session_id);
  if (it != moving_in_.end() && it->second->set->id == adapter_set) it->second->end = cause;
}

void Reception::NoteLogin(const Guest& guest, bool refused) {
  const TimePoint now = table_.shard().now();
  if (!guest.address_key.empty()) gate_.addresses().NoteLogin(guest.address_key, refused, now);
  if (guest.named()) gate_.users().NoteLogin(guest.UserKey(), refused, now);
}

void Reception::OnTimer(Guest& guest) {
  const TimePoint now = table_.shard().now();
  if (now < guest.gives_up_at) {
    if (guest.gives_up_at != TimePoint::max()) {
      table_.shard().wheel().Arm(guest.timer, guest.gives_up_at);
    }
    Ask(guest);
    return;
  }
  table_.Note(Limit::kCreateTtl, guest.client.ip);
  guest.gave_up = true;
  // The grant of one that was asked about is still to come, and to be given back.
  const std::unique_ptr<Guest> leaves = guest.asked ? nullptr : guests_.Remove(guest.key.slot);
  Refuse(guest, tlcp::MakeError(tlcp::SessionCode::kOverloaded));
}

void Reception::Close() {
  guests_.ForEach([this](Guest& guest) {
    if (guest.asked) return;
    const std::unique_ptr<Guest> leaves = guests_.Remove(guest.key.slot);
    Refuse(guest, tlcp::MakeError(tlcp::SessionCode::kOverloaded, "The server shuts down"));
  });
}

void Reception::Refuse(Guest& guest, const tlcp::Error& error) {
  ++table_.counters().refused;
  const bool try_later = error.code == static_cast<int>(tlcp::SessionCode::kOverloaded) ||
                         error.code == static_cast<int>(tlcp::SessionCode::kMetadataUnavailable);
  if (try_later && !guest.request.version.HasTryLaterCodes()) {
    guest.reply(tlcp::MakeError(tlcp::SessionCode::kNewSessionsBlocked, error.message));
    return;
  }
  guest.reply(error);
}

}  // namespace penstock::session
