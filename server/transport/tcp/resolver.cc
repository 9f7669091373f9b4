// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace penstock::tcp {

namespace {

asio::ip::address AddressOf(const sockaddr* found) {
  if (found->sa_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(found);
    return asio::ip::address_v4(ntohl(v4->sin_addr.s_addr));
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(found);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6->sin6_scope_id);
}

// Blocks.
StatusOr<Resolver::Addresses> AskSystem(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    const std::string text = "cannot look up " + host + ": " + ::gai_strerror(error);
    return error == EAI_NONAME || error == EAI_NODATA ? absl::NotFoundError(text)
                                                      : Unavailable(text);
  }
  Resolver::Addresses addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    const asio::ip::address address = AddressOf(one->ai_addr);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  ::freeaddrinfo(list);
  if (addresses.empty())
    return absl::NotFoundError("cannot look up " + host + ": it has no address");
  return addresses;
}

}  // namespace

struct Resolver::Door {
  std::mutex mutex;
  runtime::Shard* shard;  // null: nobody waits any more

  // Thread-safe.
  static void Answer(const std::shared_ptr<Door>& door, OnAnswer on_answer,
                     StatusOr<Addresses> answer) {
    const std::lock_guard lock(door->mutex);
    if (door->shard == nullptr) return;
    door->shard->Post(
        [door, on_answer = std::move(on_answer), answer = std::move(answer)]() mutable {
          if (door->IsOpen()) on_answer(std::move(answer));
        });
  }
  bool IsOpen() {
    const std::lock_guard lock(mutex);
    return shard != nullptr;
  }
};

Resolver::Resolver(runtime::Shard& shard)
    : shard_(shard), door_(new Door{.mutex = {}, .shard = &shard}) {}

Resolver::~Resolver() {
  const std::lock_guard lock(door_->mutex);
  door_->shard = nullptr;
}

void Resolver::Forget() {
  {
    const std::lock_guard lock(door_->mutex);
    door_->shard = nullptr;
  }
  door_.reset(new Door{.mutex = {}, .shard = &shard_});
}

void Resolver::Look(const std::string& host, OnAnswer on_answer) {
  asio::error_code error;
  if (const auto numeric = asio::ip::make_address(host, error); !error) {
    Door::Answer(door_, std::move(on_answer), Addresses{numeric});
    return;
  }
  // Kept outside of the thread, which may not start.
  const auto waiting = std::make_shared<OnAnswer>(std::move(on_answer));
  try {
    std::thread([door = door_, host, waiting] {
      Door::Answer(door, std::move(*waiting), AskSystem(host));
    }).detach();
  } catch (const std::system_error&) {
    Door::Answer(door_, std::move(*waiting),
                 Unavailable("cannot look up " + host + ": the process can start no thread"));
  }
}

}  // namespace penstock::tcp
