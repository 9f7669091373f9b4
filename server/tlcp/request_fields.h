// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tlcp/codes.h"
#include "tlcp/param_list.h"
#include "tlcp/request.h"

namespace penstock::tlcp {

// Typed access to the parameters of one request. The first thing that is wrong is remembered, the
// values read after it mean nothing: read all, then look at error(). Owner: the request reader, a
// local. Shard: that of the connection. Life: the lists must outlive it.
class RequestFields {
 public:
  // A parameter that `line` lacks is looked up in `defaults`.
  RequestFields(const ParamList& line, const ParamList& defaults, bool websocket)
      : line_(line), defaults_(defaults), websocket_(websocket) {}

  bool websocket() const { return websocket_; }
  const std::optional<Error>& error() const { return error_; }
  void Fail(Error error);
  void FailMissing(std::string_view name);
  void FailInvalid(std::string_view name);

  std::optional<std::string_view> Find(std::string_view name) const;

  // Valid UTF-8.
  std::string RequiredText(std::string_view name);
  std::optional<std::string> OptionalText(std::string_view name);
  std::string TextOr(std::string_view name, std::string_view absent);
  // An empty value counts as absent.
  std::optional<std::string> OptionalId(std::string_view name);

  // `true` or `false`.
  bool Flag(std::string_view name, bool absent);

  std::int64_t RequiredInteger(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<std::int64_t> OptionalInteger(std::string_view name, std::int64_t least,
                                              std::int64_t most);
  // Durations too long to matter are shortened to kLongestMillis, so that sums cannot overflow.
  std::optional<Millis> OptionalMillis(std::string_view name);

  std::optional<Bandwidth> OptionalBandwidth(std::string_view name);
  std::optional<Frequency> OptionalFrequency(std::string_view name);

 private:
  std::optional<double> PositiveDecimal(std::string_view name, std::string_view text);

  const ParamList& line_;
  const ParamList& defaults_;
  const bool websocket_;
  std::optional<Error> error_;
};

inline constexpr Millis kLongestMillis{INT32_MAX};

// One function a kind of request. Each reports through fields.error().
CreateSession ReadCreateSession(RequestFields& fields);
BindSession ReadBindSession(RequestFields& fields);
Heartbeat ReadHeartbeat(RequestFields& fields);

// A control or a message without session and request id, as a combo has them.
Control ReadControl(RequestFields& fields);
Message ReadMessage(RequestFields& fields);

// LS_session: required over HTTP, implied by the socket on a WebSocket.
std::optional<std::string> ReadSessionId(RequestFields& fields);

}  // namespace penstock::tlcp
