// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/client_link.h"

namespace penstock::test {

// A link to a client that stops reading now and then, or that breaks without a sign.
class StallingLink final : public session::ClientLink {
 public:
  bool writable() const override { return is_writable; }
  std::uint64_t taken() const override { return bytes; }
  std::uint64_t sent() const override { return bytes; }
  void Flush(std::string& cork) override {
    bytes += cork.size() - session::kHeaderRoom;
    const std::string_view lines = std::string_view(cork).substr(session::kHeaderRoom);
    std::size_t through = is_broken ? 0 : lines.size();
    if (breaks_at_percent && !is_broken) {  // in the middle of this flush
      is_broken = true;
      through = lines.substr(0, through * *breaks_at_percent / 100).rfind('\n') + 1;
    }
    text += lines.substr(0, through);
    lost += lines.substr(through);
    if (stalls_after_flush) is_writable = false;
  }
  std::uint64_t Finish(bool) override {
    is_finished = true;
    return bytes;
  }
  void Abandon(bool) override { is_finished = true; }

  bool is_writable = true;
  bool stalls_after_flush = false;
  bool is_finished = false;
  bool is_broken = false;
  std::optional<std::size_t> breaks_at_percent;
  std::string text;
  std::string lost;  // never came through
  std::uint64_t bytes = 0;
};

}  // namespace penstock::test
