// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/listening_door.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "adapters/remote/grpc/keepalive.h"
#include "adapters/remote/grpc/listener.h"
#include "base/log.h"
#include "base/parse_number.h"

namespace penstock::adapters {

GrpcListeningDoor::GrpcListeningDoor(const Courier& courier, runtime::Shard& shard,
                                     const config::ProxySettings& proxy,
                                     std::size_t max_message_bytes)
    : courier_(courier),
      shard_(shard),
      proxy_(proxy),
      max_message_bytes_(max_message_bytes),
      lobby_(shard, [this](const tcp::Endpoint& peer, std::string_view why) {
        OnStrangerEnded(peer, why);
      }) {}

GrpcListeningDoor::~GrpcListeningDoor() = default;

void GrpcListeningDoor::SetTls(std::shared_ptr<const tls::Context> context) {
  if (context == nullptr) return;
  if (listener_ == nullptr) {
    tls_ = std::move(context);
  } else {
    listener_->SetTls(std::move(context));
  }
}

Status GrpcListeningDoor::Open() {
  if (listener_ != nullptr) return OkStatus();
  // A peer that acknowledges nothing is given up as one that answers no ping.
  auto accepting = tcp::Listener::Open(
      shard_,
      {.address = proxy_.address,
       .port = proxy_.request_reply_port,
       .peer_timeout = std::chrono::milliseconds(KeepaliveOf(proxy_).pong_within_millis)},
      tcp::PortUse::kExclusive, [this](tcp::Descriptor connection, const tcp::Endpoint& peer) {
        OnAccept(std::move(connection), peer);
      });
  if (!accepting.ok()) {
    return Unavailable("proxy " + proxy_.name + ": " + std::string(Message(accepting.status())));
  }
  auto opened =
      GrpcListener::Open(proxy_, max_message_bytes_, std::move(tls_), [this](GrpcStreamPtr stream) {
        shard_.Post([this, stream = std::move(stream)]() mutable { Enter(std::move(stream)); });
      });
  if (!opened.ok()) {
    return Unavailable("proxy " + proxy_.name + ": " + std::string(Message(opened.status())));
  }
  accepting_ = std::move(*accepting);
  listener_ = std::move(*opened);
  port_ = accepting_->port();
  for (const GrpcDoorUser* user : users_) SetServing(*user, false);
  PENSTOCK_LOG(kAdapter, kInfo, "waiting for remote adapters over gRPC", {"proxy", proxy_.name},
               {"address", proxy_.address}, {"port", port_}, {"tls", proxy_.tls ? "yes" : "no"});
  return OkStatus();
}

void GrpcListeningDoor::SetServing(const GrpcDoorUser& user, bool serving) {
  if (listener_ == nullptr) return;
  const bool is_metadata = user.data_adapter().empty();
  listener_->SetServing(is_metadata ? "metadata/" + user.adapter_set()
                                    : "data/" + user.adapter_set() + '/' + user.data_adapter(),
                        serving);
}

void GrpcListeningDoor::OnAccept(tcp::Descriptor connection, const tcp::Endpoint& peer) {
  tcp::Descriptor second(::fcntl(connection.number(), F_DUPFD_CLOEXEC, 0));
  if (!second.is_open()) {
    OnStrangerEnded(peer, "the process has no descriptor left");
    return;
  }
  lobby_.Enter(std::move(second), peer);
  listener_->Take(std::move(connection));
}

void GrpcListeningDoor::OnStrangerEnded(const tcp::Endpoint& peer, std::string_view why) {
  users_.front()->counters().connections_refused.Add();
  if (!strangers_.Due(shard_.now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, "connection of a stranger over gRPC ended", {"port", port_},
               {"peer", peer.address().to_string()}, {"reason", why},
               {"held_back", strangers_.held_back()});
}

void GrpcListeningDoor::OnAdmitted(const GrpcPeer& peer) {
  asio::error_code error;
  const auto address = asio::ip::make_address(peer.address, error);
  const auto port =
      ParseNumber<std::uint16_t>(std::string_view(peer.text).substr(peer.text.rfind(':') + 1));
  courier_.Send(shard_,
                [this, from = tcp::Endpoint(address, port.value_or(0))] { lobby_.Leave(from); });
}

void GrpcListeningDoor::Enter(GrpcStreamPtr stream) {
  GrpcGuestOwner* const owner = this;
  guests_.push_back(std::make_unique<GrpcGuest>(shard_, std::move(stream), owner));
  if (std::none_of(users_.begin(), users_.end(), [this](const GrpcDoorUser* user) {
        return user->MayCome(guests_.back()->peer());
      })) {
    users_.front()->counters().addresses_refused.Add();
    Refuse(*guests_.back(), GrpcStatus::kPermissionDenied, "the address is not on the allow list");
    return;
  }
  if (guests_.size() > kRoom) {
    Refuse(*guests_.front(), GrpcStatus::kUnavailable, "too many streams without a Hello");
  }
  guests_.back()->Wait();
}

void GrpcListeningDoor::Remove(const GrpcGuest& guest) {
  const auto it = std::find_if(guests_.begin(), guests_.end(),
                               [&guest](const auto& one) { return one.get() == &guest; });
  shard_.DeferDelete(std::move(*it));
  guests_.erase(it);
}

void GrpcListeningDoor::Refuse(GrpcGuest& guest, GrpcStatus status, std::string_view why) {
  users_.front()->counters().connections_refused.Add();
  if (refusals_.Due(shard_.now())) {
    PENSTOCK_LOG(kAdapter, kWarn, "stream of a remote adapter refused", {"port", port_},
                 {"peer", guest.peer().text}, {"reason", why},
                 {"held_back", refusals_.held_back()});
  }
  guest.Take()->Finish(status, why);
  Remove(guest);
}

void GrpcListeningDoor::OnHello(GrpcGuest& guest, GrpcHello hello) {
  if (guest.is_metadata() != hello.data_adapter.empty()) {
    Refuse(guest, GrpcStatus::kInvalidArgument,
           "a Data Adapter has a name, a Metadata Adapter has none");
    return;
  }
  const auto it = std::find_if(users_.begin(), users_.end(), [&hello](const GrpcDoorUser* user) {
    return user->adapter_set() == hello.adapter_set && user->data_adapter() == hello.data_adapter;
  });
  if (it == users_.end()) {
    Refuse(guest, GrpcStatus::kNotFound, "no such adapter is waited for at this port");
    return;
  }
  courier_.Send((*it)->shard(),
                [user = *it, stream = guest.Take(), hello = std::move(hello)]() mutable {
                  user->OnStream(std::move(stream), std::move(hello));
                });
  Remove(guest);
}

void GrpcListeningDoor::OnGone(GrpcGuest& guest, std::string_view /*why*/) {
  guest.Take()->Finish(GrpcStatus::kOk, "");
  Remove(guest);
}

}  // namespace penstock::adapters
