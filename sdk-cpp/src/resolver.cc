// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "resolver.h"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace penstock::adapter {
namespace {

// Blocks, but for a numeric host. 0, or an error of getaddrinfo().
int AskSystem(const std::string& host, uint16_t port, int flags, Addresses* found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return error;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    SocketAddress& address = found->emplace_back();
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  ::freeaddrinfo(list);
  return found->empty() ? EAI_NONAME : 0;
}

}  // namespace

struct Resolver::Search {
  const UniqueFd done{::eventfd(0, EFD_CLOEXEC)};  // readable at the end
  std::mutex mutex;
  int error = 0;
  Addresses found;

  void Run(const std::string& host, uint16_t port, int flags) {
    Addresses addresses;
    const int how = AskSystem(host, port, flags, &addresses);
    const std::lock_guard lock(mutex);
    error = how;
    found = std::move(addresses);
    const uint64_t one = 1;
    (void)!::write(done.get(), &one, sizeof(one));
  }
};

Result<Addresses> Resolver::Look(const Patience& patience) {
  Addresses numeric;
  if (AskSystem(host_, port_, flags_ | AI_NUMERICHOST, &numeric) == 0) return numeric;
  if (search_ == nullptr) {
    if (const Status started = Start(); !started) return started.error();
  }
  if (const Status waited = patience.WaitFor(search_->done.get(), POLLIN); !waited) {
    return Failure(waited.error().message());
  }
  const std::shared_ptr<Search> ended = std::exchange(search_, nullptr);
  const std::lock_guard lock(ended->mutex);
  if (ended->error != 0) return Failure(::gai_strerror(ended->error));
  return std::move(ended->found);
}

Status Resolver::Start() {
  const auto search = std::make_shared<Search>();
  if (!search->done) return Failure(ErrorText(errno));
  try {
    std::thread([search, host = host_, port = port_, flags = flags_] {
      search->Run(host, port, flags);
    }).detach();
  } catch (const std::system_error& e) {
    return Failure(std::string("cannot start a thread: ") + e.what());
  }
  search_ = search;
  return {};
}

Error Resolver::Failure(const std::string& why) const {
  return Error("cannot resolve \"" + host_ + "\": " + why);
}

}  // namespace penstock::adapter
