// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

// The codes that a client may be told, after the one table of codes.inc. Nobody else writes a
// number.
namespace penstock::tlcp {

// Codes of CONERR and END.
enum class SessionCode : int {
#define PENSTOCK_TLCP_SESSION_CODE(enumerator, number, lines, text) enumerator = (number),
#include "tlcp/codes.inc"
};

// Codes of REQERR, ERROR and MSGFAIL.
enum class RequestCode : int {
#define PENSTOCK_TLCP_REQUEST_CODE(enumerator, number, lines, text) enumerator = (number),
#include "tlcp/codes.inc"
};

// The lines that may carry a code, as bits of CodeEntry::lines.
enum CodeLine : unsigned {
  kConErr = 1u << 0,
  kEnd = 1u << 1,
  kReqErr = 1u << 2,
  kError = 1u << 3,
  kMsgFail = 1u << 4,
};

// A row of the table.
struct CodeEntry {
  int number;
  unsigned lines;
  std::string_view text;
};

const CodeEntry& Describe(SessionCode code);
const CodeEntry& Describe(RequestCode code);

// What is told to a client: a code and a text that a person can read, not yet encoded.
struct Error {
  int code = 0;
  std::string message;

  bool operator==(const Error&) const = default;
};

// With the text of the table.
Error MakeError(SessionCode code);
Error MakeError(RequestCode code);

// With a text that says more than the table.
Error MakeError(SessionCode code, std::string_view message);
Error MakeError(RequestCode code, std::string_view message);

// A code chosen by an adapter or by the author of a client: those are 0 or negative, so that they
// can never be taken for one of ours. A positive one becomes 0.
Error MakeCustomError(int code, std::string_view message);

}  // namespace penstock::tlcp
