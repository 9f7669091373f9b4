// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/endpoint.h"

#include <ctime>

#include "base/log.h"
#include "endpoint/connection.h"
#include "endpoint/proxy_greeting.h"

namespace penstock::endpoint {

Endpoint::Endpoint(runtime::Shard& shard, const Options& options,
                   const std::vector<ListenerProfile>& listeners, session::SessionTable& sessions,
                   std::vector<session::SessionTable*> all_sessions, PageSource& pages)
    : shard_(shard),
      options_(options),
      listeners_(listeners),
      sessions_(sessions),
      router_(sessions, std::move(all_sessions)),
      pages_(pages),
      tls_(listeners.size()) {
  shard_.AddHook(runtime::TurnPhase::kPump, this);  // behind the sessions' pump
  sessions_.pump().SetBatch(this);
}

Endpoint::~Endpoint() {
  sessions_.pump().SetBatch(nullptr);
  shard_.RemoveHook(runtime::TurnPhase::kPump, this);
}

void Endpoint::OnEndTurn() {
  if (holding_.empty()) return;
  BeginBatch();
  for (std::size_t i = 0; i < holding_.size(); ++i) {
    if (Connection* const connection = Find(holding_[i])) connection->WriteWithOthers({});
  }
  SendBatch();
  holding_.clear();
}

Status Endpoint::Listen() {
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    const ListenerProfile& profile = listeners_[i];
    auto opened = tcp::Listener::Open(
        shard_,
        {profile.address, profile.port, profile.ipv6_only, profile.backlog, options_.write_timeout},
        tcp::PortUse::kShared,
        [this, i](tcp::Descriptor socket, const tcp::Endpoint& peer) {
          Accept(i, std::move(socket), peer);
        },
        [this, &profile] { return MayAccept(profile); });
    if (!opened.ok()) return opened.status();
    open_.push_back(std::move(*opened));
  }
  return OkStatus();
}

void Endpoint::StopInput() {
  for (auto& listener : open_) {
    listener->Close();
    shard_.DeferDelete(std::move(listener));
  }
  open_.clear();
}

void Endpoint::CloseConnections() {
  draining_ = true;
  greetings_.ForEach([](ProxyGreeting& greeting) { greeting.Close(); });
  connections_.ForEach([](Connection& connection) { connection.Drain(); });
}

const WsPath* Endpoint::FindWsPath(std::string_view path) const {
  for (const WsPath& one : ws_paths_) {
    if (one.path == path) return &one;
  }
  return nullptr;
}

http::Gzip& Endpoint::gzip() {
  if (gzip_ == nullptr) gzip_ = std::make_unique<http::Gzip>(http::Gzip::Memory::kWhole);
  return *gzip_;
}

std::string_view Endpoint::Date() { return date_.Get(std::time(nullptr)); }

// Who waits to open a session gets it once another has ended, instead of being refused.
bool Endpoint::MayAccept(const ListenerProfile& listener) {
  if (listener.role != Role::kCreateOnly || !sessions_.full()) return true;
  ++counters_.accepts_put_off;
  return false;
}

void Endpoint::Accept(std::uint32_t listener, tcp::Descriptor socket, const tcp::Endpoint& peer) {
  protection::Seat seat = protection::Seat::Take(sessions_.gate().connections(listener),
                                                 listeners_[listener].max_connections);
  if (!seat) {
    ++counters_.refused_connections;
    sessions_.Note(protection::Limit::kConnectionsPerListener, tcp::AddressText(peer));
    return;  // closed by its destructor
  }
  ++counters_.accepted;
  if (!listeners_[listener].proxy_protocol) {
    Begin(listener, std::move(socket), {.endpoint = peer}, std::move(seat));
    return;
  }
  auto made =
      std::make_unique<ProxyGreeting>(*this, listener, std::move(socket), peer, std::move(seat));
  ProxyGreeting* const greeting = made.get();
  greeting->Start(greetings_.Insert(std::move(made)).slot);
}

void Endpoint::OnGreeted(std::uint32_t slot, tcp::Descriptor socket, const Client& client) {
  std::unique_ptr<ProxyGreeting> greeting = greetings_.Remove(slot);
  Begin(greeting->listener_index(), std::move(socket), client, greeting->TakeSeat());
  shard_.DeferDelete(std::move(greeting));
}

void Endpoint::OnNotGreeted(std::uint32_t slot) {
  std::unique_ptr<ProxyGreeting> greeting = greetings_.Remove(slot);
  shard_.DeferDelete(std::move(greeting));
}

void Endpoint::Begin(std::uint32_t listener, tcp::Descriptor socket, const Client& client,
                     protection::Seat seat) {
  auto made =
      std::make_unique<Connection>(*this, listener, std::move(socket), client, std::move(seat));
  Connection* const connection = made.get();
  const auto key = connections_.Insert(std::move(made));
  connection->Start({key.slot, key.generation});
}

void Endpoint::Retire(ConnectionRef ref) { shard_.DeferDelete(connections_.Remove(ref.slot)); }

bool Endpoint::CountRequest(const ListenerProfile& listener, std::string_view ip, TimePoint now) {
  protection::Gate& gate = sessions_.gate();
  if (!listener.limited() || gate.Trusts(ip)) return true;
  return gate.addresses().TakeRequest(protection::AddressKey(ip), now);
}

bool Endpoint::Count(Connection& connection, protection::ClientLedger::ConnectionPlace* place) {
  protection::Gate& gate = sessions_.gate();
  const std::string ip = connection.client_ip();
  if (!connection.listener().limited() || gate.Trusts(ip)) return true;
  *place = gate.addresses().Connect(protection::AddressKey(ip), shard_.now());
  if (*place) return true;
  ++counters_.refused_connections;
  sessions_.Note(protection::Limit::kConnectionsPerAddress, ip);
  return false;
}

void Endpoint::HandOver(Handover handover) {
  ++counters_.handed_over;
  Endpoint& target = *all_[handover.to];
  shard_.Mail(target.shard_, [&target, handover = std::move(handover)]() mutable {
    target.TakeOver(std::move(handover));
  });
}

void Endpoint::TakeOver(Handover handover) {
  auto made = std::make_unique<Connection>(*this, std::move(handover));
  Connection* const connection = made.get();
  const auto key = connections_.Insert(std::move(made));
  const ConnectionRef ref{key.slot, key.generation};
  connection->Start(ref);
  if (draining_ && Find(ref) != nullptr) connection->Drain();
}

}  // namespace penstock::endpoint
