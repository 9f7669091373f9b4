// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/codes.h"

#include <algorithm>

#include "base/check.h"

namespace penstock::tlcp {
namespace {

constexpr CodeEntry kSessionCodes[] = {
#define PENSTOCK_TLCP_SESSION_CODE(enumerator, number, lines, text) {number, lines, text},
#include "tlcp/codes.inc"
};

constexpr CodeEntry kRequestCodes[] = {
#define PENSTOCK_TLCP_REQUEST_CODE(enumerator, number, lines, text) {number, lines, text},
#include "tlcp/codes.inc"
};

template <class Table>
const CodeEntry& FindEntry(const Table& table, int number) {
  const auto* const row = std::find_if(std::begin(table), std::end(table),
                                       [number](const CodeEntry& e) { return e.number == number; });
  PENSTOCK_CHECK(row != std::end(table));
  return *row;
}

}  // namespace

const CodeEntry& Describe(SessionCode code) {
  return FindEntry(kSessionCodes, static_cast<int>(code));
}

const CodeEntry& Describe(RequestCode code) {
  return FindEntry(kRequestCodes, static_cast<int>(code));
}

Error MakeError(SessionCode code) { return MakeError(code, Describe(code).text); }

Error MakeError(RequestCode code) { return MakeError(code, Describe(code).text); }

Error MakeError(SessionCode code, std::string_view message) {
  return {static_cast<int>(code), std::string(message)};
}

Error MakeError(RequestCode code, std::string_view message) {
  return {static_cast<int>(code), std::string(message)};
}

Error MakeCustomError(int code, std::string_view message) {
  return {std::min(code, 0), std::string(message)};
}

}  // namespace penstock::tlcp
