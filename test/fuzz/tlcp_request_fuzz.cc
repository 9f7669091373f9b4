// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Whatever arrives, as a WebSocket message or as an HTTP query and body, gives a bounded number of
// results, each a valid request or an answer that is one well-formed line.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/check.h"
#include "base/utf8.h"
#include "tlcp/line_writer.h"
#include "tlcp/request_parser.h"

namespace penstock::tlcp {
namespace {

constexpr Limits kLimits{16, 32};

void CheckText(const std::string& text) { PENSTOCK_CHECK(IsValidUtf8(text)); }

void CheckText(const std::optional<std::string>& text) {
  if (text) CheckText(*text);
}

void CheckControl(const Control& control) {
  CheckText(control.session_id);
  CheckText(control.cause);
  if (const Add* add = std::get_if<Add>(&control.op)) {
    PENSTOCK_CHECK(add->sub_id > 0);
    CheckText(add->group);
    CheckText(add->schema);
    CheckText(add->data_adapter);
    CheckText(add->selector);
    PENSTOCK_CHECK(add->max_frequency.kind != Frequency::Kind::kLimited ||
                   add->max_frequency.per_second > 0);
    PENSTOCK_CHECK(!add->buffer_size || add->buffer_size->events.value_or(1) > 0);
  } else if (const Reconf* reconf = std::get_if<Reconf>(&control.op)) {
    PENSTOCK_CHECK(reconf->max_frequency != Frequency::Unfiltered());
  } else if (const Destroy* destroy = std::get_if<Destroy>(&control.op)) {
    PENSTOCK_CHECK(!destroy->custom_cause || destroy->custom_cause->code <= 0);
  }
}

void CheckMessage(const Message& message) {
  CheckText(message.session_id);
  CheckText(message.text);
  PENSTOCK_CHECK(message.prog || (!message.sequence && !message.outcome));
  PENSTOCK_CHECK(message.prog.value_or(1) > 0);
}

void CheckCreate(const CreateSession& create) {
  PENSTOCK_CHECK(create.version.IsSupported());
  PENSTOCK_CHECK(create.controls.size() <= kLimits.max_lines + 1);
  CheckText(create.client_id);
  CheckText(create.user);
  CheckText(create.password);
  CheckText(create.adapter_set);
  for (const auto& part : create.controls) {
    if (const Control* control = std::get_if<Control>(&part)) {
      CheckControl(*control);
    } else {
      CheckMessage(std::get<Message>(part));
    }
  }
}

void CheckRequest(const Request& request) {
  if (const auto* create = std::get_if<CreateSession>(&request)) {
    CheckCreate(*create);
  } else if (const auto* control = std::get_if<Control>(&request)) {
    PENSTOCK_CHECK(!control->request_id.empty());
    CheckControl(*control);
  } else if (const auto* message = std::get_if<Message>(&request)) {
    PENSTOCK_CHECK(!message->request_id.empty());
    CheckMessage(*message);
  } else if (const auto* bind = std::get_if<BindSession>(&request)) {
    PENSTOCK_CHECK(bind->version.IsSupported());
    CheckText(bind->session_id);
  }
}

void CheckRejection(const Rejection& rejection) {
  std::string line;
  switch (rejection.line) {
    case Rejection::Line::kConErr:
      AppendConErr(rejection.error, line);
      break;
    case Rejection::Line::kReqErr:
      PENSTOCK_CHECK(!rejection.request_id.empty());
      AppendReqErr(rejection.request_id, rejection.error, line);
      break;
    case Rejection::Line::kError:
      AppendError(rejection.error, line);
      break;
  }
  PENSTOCK_CHECK(line.ends_with("\r\n") && line.find_first_of("\r\n") == line.size() - 2);
  PENSTOCK_CHECK(std::count(line.begin(), line.end(), ',') ==
                 (rejection.line == Rejection::Line::kReqErr ? 3 : 2));
  PENSTOCK_CHECK(IsValidUtf8(line));
}

void ReadAll(RequestName name, std::string_view body, const Arrival& arrival) {
  RequestReader reader(name, body, arrival, kLimits);
  std::size_t results = 0;
  while (const auto next = reader.Next()) {
    PENSTOCK_CHECK(++results <= kLimits.max_lines + 1);
    if (next->ok()) {
      CheckRequest(next->value());
    } else {
      CheckRejection(next->rejection());
    }
  }
  PENSTOCK_CHECK(results > 0);
}

}  // namespace
}  // namespace penstock::tlcp

// The input is a WebSocket message, or, if its first line ends in ".txt", the last component of an
// HTTP path, a line with the query, and a body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::tlcp;  // NOLINT: the whole program is about it
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  if (const auto name = RequestNameFromPath(input.substr(0, end))) {
    input.remove_prefix(std::min(end + 1, input.size()));
    const std::size_t query_end = std::min(input.find('\n'), input.size());
    const Arrival arrival{false, input.substr(0, query_end), std::nullopt};
    ReadAll(*name, input.substr(std::min(query_end + 1, input.size())), arrival);
  } else if (const auto message_name = TakeRequestName(input)) {
    ReadAll(*message_name, input, {true, "", Version{2, 5, 0}});
  }
  return 0;
}
