// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/lobby.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/remote/grpc/received_bytes.h"

namespace penstock::adapters {

namespace {

// gRPC reads what is there: it is worth a look when something has come, not as long as it is there.
// And now and then, for what gRPC has read before that is told.
constexpr std::uint32_t kArrivals = runtime::kReadable | EPOLLET;
constexpr Duration kLookAgain = std::chrono::seconds(1);

// As gRPC has it: IPv4 in IPv6 is IPv4.
tcp::Endpoint Plain(const tcp::Endpoint& peer) {
  const asio::ip::address address = peer.address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return peer;
  return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), peer.port()};
}

}  // namespace

// One of them. Owned by the lobby, and by the shard's deferred list behind Close().
class GrpcLobby::Stranger final : public runtime::Deferred, private runtime::ReadyUser {
 public:
  Stranger(GrpcLobby& lobby, tcp::Descriptor second, tcp::Endpoint peer)
      : lobby_(lobby), peer_(std::move(peer)), second_(std::move(second)) {}
  ~Stranger() override { Close(); }

  // False: it cannot be watched.
  bool Watch() { return lobby_.shard_.ready_set().Add(second_.number(), kArrivals, this); }
  void Close() {
    if (!second_.is_open()) return;
    lobby_.shard_.ready_set().Remove(second_.number(), this);
    second_ = {};
  }
  const tcp::Endpoint& peer() const { return peer_; }
  std::uint64_t received() const { return ReceivedBytes(second_.number()); }
  // Whoever has it, gRPC above all.
  void Shut() { ::shutdown(second_.number(), SHUT_RDWR); }

 private:
  // ReadyUser
  void OnReady(std::uint32_t events) override {
    lobby_.OnReady(*this, (events & runtime::kBroken) != 0);
  }

  // Fixed after construction.
  GrpcLobby& lobby_;
  const tcp::Endpoint peer_;

  // State.
  tcp::Descriptor second_;
};

GrpcLobby::GrpcLobby(runtime::Shard& shard, OnEnded on_ended)
    : shard_(shard),
      on_ended_(std::move(on_ended)),
      look_([](void* self) { static_cast<GrpcLobby*>(self)->LookAtAll(); }, this) {}

GrpcLobby::~GrpcLobby() = default;

void GrpcLobby::Enter(tcp::Descriptor second, const tcp::Endpoint& peer) {
  const tcp::Endpoint plain = Plain(peer);
  MakeRoom(plain);
  Stranger& stranger =
      *strangers_.emplace_back(std::make_unique<Stranger>(*this, std::move(second), plain));
  if (!stranger.Watch()) End(stranger, "cannot be watched");
  if (!look_.armed()) shard_.wheel().Arm(look_, shard_.now() + kLookAgain);
}

void GrpcLobby::Leave(const tcp::Endpoint& peer) {
  const tcp::Endpoint plain = Plain(peer);
  const auto it = std::find_if(strangers_.begin(), strangers_.end(),
                               [&plain](const auto& one) { return one->peer() == plain; });
  if (it != strangers_.end()) Remove(**it);
}

void GrpcLobby::OnReady(Stranger& stranger, bool is_over) {
  if (is_over) {
    Remove(stranger);
  } else if (stranger.received() > kMostBytes) {
    End(stranger, "sends more than it has to say");
  }
}

void GrpcLobby::LookAtAll() {
  for (std::size_t i = strangers_.size(); i-- > 0;) OnReady(*strangers_[i], false);
  if (!strangers_.empty()) shard_.wheel().Arm(look_, shard_.now() + kLookAgain);
}

void GrpcLobby::MakeRoom(const tcp::Endpoint& peer) {
  const auto is_neighbour = [&peer](const auto& one) {
    return one->peer().address() == peer.address();
  };
  const auto neighbours = std::count_if(strangers_.begin(), strangers_.end(), is_neighbour);
  if (static_cast<std::size_t>(neighbours) >= kShare) {
    const auto oldest = std::find_if(strangers_.begin(), strangers_.end(), is_neighbour);
    End(**oldest, "too many strangers of its address");
  } else if (strangers_.size() >= kRoom) {
    End(*strangers_.front(), "too many strangers");
  }
}

void GrpcLobby::End(Stranger& stranger, std::string_view why) {
  stranger.Shut();
  on_ended_(stranger.peer(), why);
  Remove(stranger);
}

void GrpcLobby::Remove(const Stranger& stranger) {
  const auto it = std::find_if(strangers_.begin(), strangers_.end(),
                               [&stranger](const auto& one) { return one.get() == &stranger; });
  (*it)->Close();
  shard_.DeferDelete(std::move(*it));
  strangers_.erase(it);
}

}  // namespace penstock::adapters
