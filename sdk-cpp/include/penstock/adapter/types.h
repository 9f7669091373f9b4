// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace penstock::adapter {

// All strings that enter or leave this library are UTF-8. The null of the protocol is nullopt; it
// is not the empty string.
using NullableString = std::optional<std::string>;

// What an adapter is initialised with: the server's parameters (adapters_conf.id,
// data_provider.name, server.instance_id, and those that its configuration forwards), overlaid by
// those of HostOptions.
using Params = std::map<std::string, std::string>;

// One header of a client's request, or one entry of a session's context.
struct Pair {
  std::string name = {};
  NullableString value = {};
};

// How a subscription turns the events of an item into updates.
enum class Mode : uint8_t {
  kRaw = 1,       // each event as it is; no snapshot
  kMerge = 2,     // the latest value of each field
  kDistinct = 4,  // each event counts; the snapshot is the last few
  kCommand = 8,   // a table of rows, by the fields `key` and `command`
};

// A set of modes.
class ModeSet {
 public:
  constexpr ModeSet() = default;
  constexpr ModeSet(Mode mode) : bits_(static_cast<uint8_t>(mode)) {}
  static constexpr ModeSet All() {
    return ModeSet(Mode::kRaw) | Mode::kMerge | Mode::kDistinct | Mode::kCommand;
  }
  constexpr bool Has(Mode mode) const { return (bits_ & static_cast<uint8_t>(mode)) != 0; }
  friend constexpr ModeSet operator|(ModeSet a, ModeSet b) {
    ModeSet both;
    both.bits_ = static_cast<uint8_t>(a.bits_ | b.bits_);
    return both;
  }
  friend constexpr bool operator==(ModeSet, ModeSet) = default;

 private:
  uint8_t bits_ = 0;
};

constexpr ModeSet operator|(Mode a, Mode b) { return ModeSet(a) | ModeSet(b); }

}  // namespace penstock::adapter
