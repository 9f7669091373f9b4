// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace penstock::protection {

namespace {

constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kIpv4At = 12;

bool IsIpv4(const Address& address) {
  return std::equal(address.begin(), address.begin() + kIpv4At, kMapped.begin());
}

bool SameStart(const Address& a, const Address& b, unsigned bits) {
  const unsigned bytes = bits / 8;
  if (!std::equal(a.begin(), a.begin() + bytes, b.begin())) return false;
  return bits % 8 == 0 || (a[bytes] ^ b[bytes]) >> (8 - bits % 8) == 0;
}

}  // namespace

std::optional<Address> ParseAddress(std::string_view text) {
  // A scope ("fe80::1%eth0") says which interface, not who.
  const std::string plain(text.substr(0, text.find('%')));
  Address address = kMapped;
  if (inet_pton(AF_INET, plain.c_str(), &address[kIpv4At]) == 1) return address;
  if (inet_pton(AF_INET6, plain.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::string AddressKey(std::string_view ip) {
  const std::optional<Address> address = ParseAddress(ip);
  if (!address) return std::string(ip);
  if (IsIpv4(*address)) return {address->begin() + kIpv4At, address->end()};
  return {address->begin(), address->begin() + 8};
}

AddressRanges::AddressRanges(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    const std::optional<Address> address = ParseAddress(std::string_view(text).substr(0, slash));
    if (!address) continue;
    unsigned bits = 128;
    if (slash != std::string::npos) {
      std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
      if (text.find(':') == std::string::npos) bits += 8 * kIpv4At;
    }
    ranges_.push_back({*address, std::min(bits, 128u)});
  }
}

bool AddressRanges::Contains(const Address& address) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return SameStart(range.address, address, range.bits);
  });
}

}  // namespace penstock::protection
