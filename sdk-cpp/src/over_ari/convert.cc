// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/convert.h"

#include <string>
#include <utility>

namespace penstock::adapter {
namespace {

ari::ExceptionKind ToKind(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::kGeneric:
    case Error::Kind::kSelector:  // the protocol has no such call
      break;
    case Error::Kind::kAccess:
      return ari::ExceptionKind::kAccess;
    case Error::Kind::kResourceUnavailable:
      return ari::ExceptionKind::kResourceUnavailable;
    case Error::Kind::kCredits:
      return ari::ExceptionKind::kCredits;
    case Error::Kind::kConflictingSession:
      return ari::ExceptionKind::kConflictingSession;
    case Error::Kind::kItems:
      return ari::ExceptionKind::kItems;
    case Error::Kind::kSchema:
      return ari::ExceptionKind::kSchema;
    case Error::Kind::kNotification:
      return ari::ExceptionKind::kNotification;
    case Error::Kind::kSubscription:
      return ari::ExceptionKind::kSubscription;
    case Error::Kind::kFailure:
      return ari::ExceptionKind::kFailure;
  }
  return ari::ExceptionKind::kGeneric;
}

Mode FromMode(ari::Mode mode) {
  switch (mode) {
    case ari::Mode::kRaw:
      return Mode::kRaw;
    case ari::Mode::kDistinct:
      return Mode::kDistinct;
    case ari::Mode::kCommand:
      return Mode::kCommand;
    case ari::Mode::kMerge:
      break;
  }
  return Mode::kMerge;
}

}  // namespace

ari::Exception ToException(const Error& error, const Log& log) {
  ari::Exception exception;
  exception.kind = ToKind(error.kind());
  exception.message = error.message();
  exception.client_code = error.client_code();
  exception.client_message = error.client_message();
  exception.conflicting_session = error.conflicting_session();
  if (exception.client_code > 0) {
    log.Write(LogLevel::kWarning, "client code " + std::to_string(exception.client_code) +
                                      " is the server's own, 0 is sent in its place");
    exception.client_code = 0;
  }
  return exception;
}

Error FromException(const ari::Exception& exception) {
  return Error(exception.message.value_or("the server gave no reason"));
}

ari::ModeSet ToModes(ModeSet modes) {
  ari::ModeSet out;
  if (modes.Has(Mode::kRaw)) out.Add(ari::Mode::kRaw);
  if (modes.Has(Mode::kMerge)) out.Add(ari::Mode::kMerge);
  if (modes.Has(Mode::kDistinct)) out.Add(ari::Mode::kDistinct);
  if (modes.Has(Mode::kCommand)) out.Add(ari::Mode::kCommand);
  return out;
}

std::vector<Pair> FromPairs(std::vector<ari::Pair> pairs) {
  std::vector<Pair> out;
  out.reserve(pairs.size());
  for (ari::Pair& pair : pairs) out.push_back({std::move(pair.name), std::move(pair.value)});
  return out;
}

std::vector<Table> FromTables(std::vector<ari::Table> tables) {
  std::vector<Table> out;
  out.reserve(tables.size());
  for (ari::Table& from : tables) {
    Table& to = out.emplace_back();
    to.win_index = from.win_index;
    to.mode = FromMode(from.mode);
    to.group = std::move(from.group);
    to.data_adapter = std::move(from.data_adapter);
    to.schema = std::move(from.schema);
    to.first_item = from.first_item;
    to.last_item = from.last_item;
    to.selector = std::move(from.selector);
    to.items = std::move(from.items);
    for (const ari::ItemStatistics& s : from.statistics) {
      to.statistics.push_back({s.real_time, s.lost, s.filtered});
    }
  }
  return out;
}

}  // namespace penstock::adapter
