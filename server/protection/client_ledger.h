// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace penstock::protection {

// Of one client; 0 = no limit.
struct ClientLimits {
  std::uint32_t connections = 0;
  std::uint32_t sessions = 0;
  std::uint32_t session_rate = 0;    // new ones a second
  std::uint32_t request_rate = 0;    // a second
  std::uint32_t login_failures = 0;  // in a row, before each further login is delayed
  Duration login_delay_max = std::chrono::seconds(30);
};

// What each client has and does, where a client is an address or a user: connections, sessions,
// rates, refused logins. A client is forgotten when it has nothing and its past does not matter any
// more. When too many are known, newcomers push out the one that has been idle longest; if none is
// idle, newcomers are counted together.
//
// Owned by the Gate. Shard: any; each client's numbers are under the lock of its stripe, taken once
// a connection, session or request.
class ClientLedger {
 public:
  enum class Hold : std::uint8_t { kConnection, kSession, kLogin };

  // What is counted for a client until it dies. The ledger outlives it.
  template <Hold hold>
  class Place;
  using ConnectionPlace = Place<Hold::kConnection>;
  using SessionPlace = Place<Hold::kSession>;
  using LoginPlace = Place<Hold::kLogin>;  // a login that waits for its delay to pass

  static constexpr std::size_t kMaxClients = 1u << 20;

  explicit ClientLedger(const ClientLimits& limits, std::size_t max_clients = kMaxClients);
  ~ClientLedger();

  // Each gives an empty place if the client has all it may.
  [[nodiscard]] ConnectionPlace Connect(std::string_view client, TimePoint now);
  [[nodiscard]] SessionPlace OpenSession(std::string_view client, TimePoint now);
  // A few logins of a client may wait at a time.
  [[nodiscard]] LoginPlace WaitForLogin(std::string_view client, TimePoint now);

  // Takes one of the client's new sessions of this second, or of one that comes within `patience`:
  // gives how long that is. Nothing is taken if the answer is longer than `patience`.
  [[nodiscard]] Duration TakeSession(std::string_view client, Duration patience, TimePoint now);
  // False: the client is over its rate.
  [[nodiscard]] bool TakeRequest(std::string_view client, TimePoint now);

  // How long the answer to the client's next login is to be held back.
  Duration LoginDelay(std::string_view client, TimePoint now);
  void NoteLogin(std::string_view client, bool refused, TimePoint now);

  std::size_t size() const;

 private:
  struct Client;
  struct Stripe;
  static constexpr std::size_t kStripes = 64;
  static constexpr std::uint32_t kMaxWaitingLogins = 8;

  Stripe& StripeOf(std::string_view client) const;
  static Client& Know(Stripe& stripe, std::string_view client, TimePoint now);
  Client* Take(std::string_view client, Hold hold, std::uint32_t limit, TimePoint now);
  static void Release(Client* client, Hold hold);
  static bool TakeRequest(Client* client, TimePoint now);

  const ClientLimits limits_;
  const std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
};

template <ClientLedger::Hold hold>
class ClientLedger::Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(client_, other.client_);
    return *this;
  }
  ~Place() {
    if (client_ != nullptr) Release(client_, hold);
  }

  explicit operator bool() const { return client_ != nullptr; }
  // As the ledger's, without looking for the client; without a place there is no limit.
  [[nodiscard]] bool TakeRequest(TimePoint now) const {
    return client_ == nullptr || ClientLedger::TakeRequest(client_, now);
  }

 private:
  friend class ClientLedger;
  explicit Place(Client* client) : client_(client) {}
  Client* client_ = nullptr;
};

}  // namespace penstock::protection
