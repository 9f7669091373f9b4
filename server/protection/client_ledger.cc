// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/client_ledger.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/hash/hash.h"
#include "protection/rate.h"

namespace penstock::protection {

namespace {

constexpr Duration kFirstDelay = std::chrono::seconds(1);
constexpr auto kLoginsForgotten = std::chrono::minutes(10);
// Idle clients looked at for each new one: more leave than come.
constexpr int kForgetBatch = 2;

}  // namespace

struct ClientLedger::Client {
  Stripe* stripe = nullptr;
  std::string_view key;    // of the map's node; empty: the one for all that found no room
  Client* next = nullptr;  // while idle: in the order in which clients became so
  Client* prev = nullptr;
  std::array<std::uint32_t, 3> held{};  // by Hold
  std::uint32_t failures = 0;           // refused logins in a row
  TimePoint failed_at{};
  Rate sessions;
  Rate requests;

  std::uint32_t& Held(Hold hold) { return held[static_cast<std::size_t>(hold)]; }
  bool Idle() const { return held == std::array<std::uint32_t, 3>{}; }
  bool FailuresMatter(TimePoint now) const {
    return failures > 0 && now < failed_at + kLoginsForgotten;
  }
  bool Forgettable(TimePoint now) const {
    return sessions.Rested(now) && requests.Rested(now) && !FailuresMatter(now);
  }
};

struct ClientLedger::Stripe {
  // Seeded anew in each process: strangers choose the keys.
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return absl::HashOf(key); }
  };

  std::mutex mutex;
  const ClientLimits* limits = nullptr;
  std::size_t max_clients = 0;
  std::unordered_map<std::string, Client, KeyHash, std::equal_to<>> clients;
  Client idle;  // head of the ring of idle ones
  Client overflow;

  Stripe() {
    idle.next = idle.prev = &idle;
    overflow.stripe = this;
  }
  static void Unlink(Client& client) {
    if (client.next == nullptr) return;
    client.next->prev = client.prev;
    client.prev->next = client.next;
    client.next = client.prev = nullptr;
  }
  // To the end of the ring if it is idle, out of it if not.
  void Settle(Client& client) {
    Unlink(client);
    if (!client.Idle() || client.key.empty()) return;
    client.prev = idle.prev;
    client.next = &idle;
    client.prev->next = client.next->prev = &client;
  }
  void Forget(Client& client) {
    Unlink(client);
    clients.erase(clients.find(client.key));
  }
};

ClientLedger::ClientLedger(const ClientLimits& limits, std::size_t max_clients)
    : limits_(limits), stripes_(std::make_unique<std::array<Stripe, kStripes>>()) {
  for (Stripe& stripe : *stripes_) {
    stripe.limits = &limits_;
    stripe.max_clients = std::max<std::size_t>(1, max_clients / kStripes);
  }
}

ClientLedger::~ClientLedger() = default;

ClientLedger::Stripe& ClientLedger::StripeOf(std::string_view client) const {
  // The map inside goes by the low bits.
  const std::uint64_t hash = Stripe::KeyHash()(client);
  return (*stripes_)[(hash >> 32) % kStripes];
}

ClientLedger::Client& ClientLedger::Know(Stripe& stripe, std::string_view client, TimePoint now) {
  if (const auto it = stripe.clients.find(client); it != stripe.clients.end()) return it->second;
  for (int i = 0; i < kForgetBatch; ++i) {
    Client* const oldest = stripe.idle.next;
    if (oldest == &stripe.idle || !oldest->Forgettable(now)) break;
    stripe.Forget(*oldest);
  }
  if (stripe.clients.size() >= stripe.max_clients || client.empty()) {
    if (stripe.idle.next == &stripe.idle || client.empty()) return stripe.overflow;
    stripe.Forget(*stripe.idle.next);
  }
  const auto it = stripe.clients.try_emplace(std::string(client)).first;
  it->second.stripe = &stripe;
  it->second.key = it->first;
  return it->second;
}

ClientLedger::Client* ClientLedger::Take(std::string_view client, Hold hold, std::uint32_t limit,
                                         TimePoint now) {
  Stripe& stripe = StripeOf(client);
  const std::lock_guard lock(stripe.mutex);
  Client& known = Know(stripe, client, now);
  std::uint32_t& held = known.Held(hold);
  const bool room = limit == 0 || held < limit;
  if (room) ++held;
  stripe.Settle(known);
  return room ? &known : nullptr;
}

void ClientLedger::Release(Client* client, Hold hold) {
  const std::lock_guard lock(client->stripe->mutex);
  --client->Held(hold);
  if (client->Idle()) client->stripe->Settle(*client);
}

ClientLedger::ConnectionPlace ClientLedger::Connect(std::string_view client, TimePoint now) {
  return ConnectionPlace(Take(client, Hold::kConnection, limits_.connections, now));
}

ClientLedger::SessionPlace ClientLedger::OpenSession(std::string_view client, TimePoint now) {
  return SessionPlace(Take(client, Hold::kSession, limits_.sessions, now));
}

ClientLedger::LoginPlace ClientLedger::WaitForLogin(std::string_view client, TimePoint now) {
  return LoginPlace(Take(client, Hold::kLogin, kMaxWaitingLogins, now));
}

Duration ClientLedger::TakeSession(std::string_view client, Duration patience, TimePoint now) {
  if (limits_.session_rate == 0) return Duration::zero();
  Stripe& stripe = StripeOf(client);
  const std::lock_guard lock(stripe.mutex);
  Client& known = Know(stripe, client, now);
  const Duration wait = known.sessions.Wait(now, limits_.session_rate);
  if (wait <= patience) known.sessions.Spend(now, limits_.session_rate);
  stripe.Settle(known);
  return wait;
}

bool ClientLedger::TakeRequest(std::string_view client, TimePoint now) {
  if (limits_.request_rate == 0) return true;
  Stripe& stripe = StripeOf(client);
  const std::lock_guard lock(stripe.mutex);
  Client& known = Know(stripe, client, now);
  const bool taken = known.requests.Take(now, limits_.request_rate);
  stripe.Settle(known);
  return taken;
}

bool ClientLedger::TakeRequest(Client* client, TimePoint now) {
  Stripe& stripe = *client->stripe;
  if (stripe.limits->request_rate == 0) return true;
  const std::lock_guard lock(stripe.mutex);
  return client->requests.Take(now, stripe.limits->request_rate);
}

Duration ClientLedger::LoginDelay(std::string_view client, TimePoint now) {
  if (limits_.login_failures == 0) return Duration::zero();
  Stripe& stripe = StripeOf(client);
  const std::lock_guard lock(stripe.mutex);
  const auto it = stripe.clients.find(client);
  if (it == stripe.clients.end() || !it->second.FailuresMatter(now)) return Duration::zero();
  const std::uint32_t failures = it->second.failures;
  if (failures < limits_.login_failures) return Duration::zero();
  const std::uint32_t doublings = std::min(failures - limits_.login_failures, 20u);
  return std::min<Duration>(kFirstDelay * (1u << doublings), limits_.login_delay_max);
}

void ClientLedger::NoteLogin(std::string_view client, bool refused, TimePoint now) {
  if (limits_.login_failures == 0) return;
  Stripe& stripe = StripeOf(client);
  const std::lock_guard lock(stripe.mutex);
  if (!refused) {
    const auto it = stripe.clients.find(client);
    if (it != stripe.clients.end()) it->second.failures = 0;
    return;
  }
  Client& known = Know(stripe, client, now);
  if (!known.FailuresMatter(now)) known.failures = 0;
  ++known.failures;
  known.failed_at = now;
  stripe.Settle(known);
}

std::size_t ClientLedger::size() const {
  std::size_t all = 0;
  for (Stripe& stripe : *stripes_) {
    const std::lock_guard lock(stripe.mutex);
    all += stripe.clients.size();
  }
  return all;
}

}  // namespace penstock::protection
