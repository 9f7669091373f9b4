// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tlcp/request_parser.h"

// How the tests of requests read them.
namespace penstock::tlcp {

inline const Arrival kHttp{false, "LS_protocol=TLCP-2.5.0", std::nullopt};
inline const Arrival kHttpWithSession{false, "LS_protocol=TLCP-2.5.0&LS_session=Sq", std::nullopt};
inline const Arrival kSocket{true, "", Version{2, 5, 0}};

inline std::vector<Parsed<Request>> ReadAll(RequestName name, std::string_view body,
                                            const Arrival& arrival, const Limits& limits = {}) {
  std::vector<Parsed<Request>> all;
  RequestReader reader(name, body, arrival, limits);
  while (std::optional<Parsed<Request>> next = reader.Next()) all.push_back(*std::move(next));
  return all;
}

inline Parsed<Request> ReadOne(RequestName name, std::string_view body, const Arrival& arrival) {
  std::vector<Parsed<Request>> all = ReadAll(name, body, arrival);
  EXPECT_EQ(all.size(), 1u) << body;
  return std::move(all.at(0));
}

template <class T>
T ReadAs(RequestName name, std::string_view body, const Arrival& arrival) {
  const Parsed<Request> parsed = ReadOne(name, body, arrival);
  EXPECT_TRUE(parsed.ok()) << body << ": " << (parsed.ok() ? "" : parsed.rejection().error.message);
  return parsed.ok() ? std::get<T>(parsed.value()) : T();
}

// The answer to a request that is refused: "REQERR 3 65 text", "CONERR 65 text".
inline std::string Refusal(const Parsed<Request>& parsed) {
  if (parsed.ok()) return "accepted";
  const Rejection& rejection = parsed.rejection();
  const std::string error = std::to_string(rejection.error.code) + " " + rejection.error.message;
  switch (rejection.line) {
    case Rejection::Line::kConErr:
      return "CONERR " + error;
    case Rejection::Line::kReqErr:
      return "REQERR " + rejection.request_id + " " + error;
    case Rejection::Line::kError:
      break;
  }
  return "ERROR " + error;
}

inline std::string RefusalOf(RequestName name, std::string_view body, const Arrival& arrival) {
  return Refusal(ReadOne(name, body, arrival));
}

}  // namespace penstock::tlcp
