// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <utility>

#include "stream.h"

namespace penstock::adapter {

// A TCP connection as it is: the kernel lets two threads work on it.
class TcpStream : public Stream {
 public:
  // `fd` is connected; it blocks from here on, so that one call writes all.
  explicit TcpStream(UniqueFd fd);

  ReadResult Read(std::span<char> buffer) override;
  bool HasPending() override { return false; }
  std::string why() const override;
  size_t Write(std::string_view bytes) override;
  std::string why_unsent() const override;

 private:
  void EndSending() override;

  int error_ = 0;         // the reader's
  int unsent_error_ = 0;  // the writer's
};

}  // namespace penstock::adapter
