// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tlcp/codes.h"
#include "tlcp/param_list.h"
#include "tlcp/request.h"
#include "tlcp/version.h"

namespace penstock::tlcp {

class RequestFields;

// A request that is not understood and the line that must say so. CONERR for create and bind;
// REQERR where the request id was readable; ERROR, which official clients take as fatal, else.
struct Rejection {
  enum class Line : std::uint8_t { kConErr, kReqErr, kError };
  Line line = Line::kError;
  std::string request_id;  // kReqErr only
  Error error;
};

// A value, or why there is none.
template <class T>
class Parsed {
 public:
  Parsed(T value) : state_(std::move(value)) {}                  // NOLINT: converts on purpose
  Parsed(Rejection rejection) : state_(std::move(rejection)) {}  // NOLINT: converts on purpose

  bool ok() const { return std::holds_alternative<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  T& value() { return std::get<T>(state_); }
  const Rejection& rejection() const { return std::get<Rejection>(state_); }

 private:
  std::variant<T, Rejection> state_;
};

// How much of a request is looked at; the bytes themselves are bounded by the transport.
struct Limits {
  std::size_t max_params = 64;   // of one line
  std::size_t max_lines = 4096;  // of one body or message
};

// How a request came in.
struct Arrival {
  bool websocket = false;
  // HTTP: the raw query string; its parameters are defaults for each line. All of a GET is here.
  std::string_view query;
  // WebSocket: what the handshake agreed on. HTTP, or nothing: LS_protocol of the request says it.
  std::optional<Version> version;
};

// "create_session.txt", the last component of an HTTP path. No wsok on HTTP.
std::optional<RequestName> RequestNameFromPath(std::string_view component);

// Takes the first line off a WebSocket message. Nothing if it names no request: answer
// `ERROR,67,Malformed request`.
std::optional<RequestName> TakeRequestName(std::string_view& message);

// Reads the requests of one HTTP body or WebSocket message (behind its first line), one at a time,
// in their order. Owner: the connection, for as long as one message is handled. Shard: that of the
// connection. Life: `body` and `arrival.query` must outlive it. Invariant: each request gets
// exactly one result, so a batch is answered line by line; a create_session takes all lines of its
// body.
//
//   RequestReader reader(name, body, arrival, limits);
//   while (std::optional<Parsed<Request>> next = reader.Next()) ...
class RequestReader {
 public:
  RequestReader(RequestName name, std::string_view body, const Arrival& arrival,
                const Limits& limits = {});

  // Nothing at the end. There is at least one result, even for an empty body.
  std::optional<Parsed<Request>> Next();

 private:
  struct Line {
    std::string_view text;
    bool raw_message = false;  // LS_unq: `text` is the counted part
    bool malformed = false;
  };

  std::optional<Line> NextLine();
  std::optional<Error> Load(const Line& line);
  Parsed<Request> ParseLine();
  Parsed<Request> ParseCreate();
  Parsed<Request> Refuse(Error error) const;
  Parsed<Request> Finish(const RequestFields& fields, Request request) const;
  Version ReadVersion(RequestFields& fields) const;

  const RequestName name_;
  const Arrival arrival_;
  const Limits limits_;
  std::string_view rest_;
  ParamList query_;
  std::optional<Error> query_error_;
  ParamList params_;
  std::size_t lines_ = 0;
  bool done_ = false;
};

}  // namespace penstock::tlcp
