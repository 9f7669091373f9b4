// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "address.h"
#include "penstock/adapter/result.h"
#include "socket.h"

namespace penstock::adapter {

// Dials a host at its addresses, in their order: the next one as soon as one has failed, or has not
// answered for a moment. Who answers first is taken, so that a dead address costs a moment only.
// Owner and thread: the caller of Run(), which is called once.
class AddressRace {
 public:
  using Clock = std::chrono::steady_clock;

  AddressRace(const Addresses& addresses, const Patience& patience)
      : addresses_(addresses), patience_(patience) {}

  // A connected socket that does not block. The error says of each address why it is not.
  Result<UniqueFd> Run();

 private:
  struct Attempt {
    UniqueFd fd;
    size_t address;
  };

  bool IsTimeForNext() const;
  void StartNext();
  // Ends attempts that have failed. One that has succeeded, or none.
  UniqueFd Settle(const std::vector<pollfd>& waits);
  void NoteFailure(size_t address, int error);

  const Addresses& addresses_;
  const Patience& patience_;
  size_t next_ = 0;
  Clock::time_point next_start_;
  std::vector<Attempt> running_;
  std::string why_;
};

}  // namespace penstock::adapter
