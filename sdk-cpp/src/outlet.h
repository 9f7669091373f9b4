// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::adapter {

// Where the bytes of an outbox go. Thread: the outbox's writer; Shutdown(): any.
class Outlet {
 public:
  virtual ~Outlet() = default;

  // Waits until some of `bytes`, which are not none, have gone; how many. 0: never again,
  // why_unsent() tells.
  virtual size_t Write(std::string_view bytes) = 0;
  // Why a write failed, for people.
  virtual std::string why_unsent() const = 0;
  // Ends the connection: its writes, its reads, and what waits in them.
  virtual void Shutdown() = 0;
};

}  // namespace penstock::adapter
