// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::protection {

// An IPv4 address is kept as IPv6 shows it: ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

// Of a numeric address; nothing if it is none.
std::optional<Address> ParseAddress(std::string_view text);

// What a client is counted by: the whole IPv4 address, or the first 64 bits of an IPv6 address, for
// the rest is the client's to choose. Text that is no address stands for itself.
std::string AddressKey(std::string_view ip);

// A list of addresses and networks ("10.0.0.0/8", "::1"). Shard: any; immutable.
class AddressRanges {
 public:
  AddressRanges() = default;
  // What cannot be read is left out: the configuration was checked.
  explicit AddressRanges(const std::vector<std::string>& texts);
  bool Contains(const Address& address) const;

 private:
  struct Range {
    Address address;
    unsigned bits;  // of 128
  };
  std::vector<Range> ranges_;
};

}  // namespace penstock::protection
