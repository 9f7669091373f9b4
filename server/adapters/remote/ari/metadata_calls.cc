// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/metadata_calls.h"

#include <optional>
#include <utility>

#include "adapters/remote/ari/metadata_conversion.h"
#include "ari/exception.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"

namespace penstock::adapters {

namespace {

using Names = std::vector<std::string>;

// What reads the answers that several methods have.
auto VoidReplyTo(ari::Method method) {
  return [method](std::string_view args, const ari::Dialect& dialect,
                  ari::Reply<ari::Nothing>* reply) {
    return ari::ParseVoidReply(method, args, dialect, reply);
  };
}

auto NamesReplyTo(ari::Method method) {
  return [method](std::string_view args, const ari::Dialect& dialect, ari::Reply<Names>* reply) {
    return ari::ParseNamesReply(method, args, dialect, reply);
  };
}

std::optional<Void> ToVoid(const ari::Nothing&) { return Void(); }

}  // namespace

// --- The frame

template <class Wire, class T, class Write, class Parse, class Convert>
void AriMetadataCalls::Call(ari::Method method, Done<T> done, Write write, Parse parse,
                            Convert convert) {
  if (!ready()) {
    done(CallFailures::NotConnected());
    return;
  }
  const std::string id = channel_.NextId();
  const ari::Dialect dialect = channel_.dialect();
  write(id, dialect, &channel_.out());
  channel_.Expect(id, [this, method, dialect, done = std::move(done), parse, convert](
                          std::string_view, CallEnd end, const ari::PacketHead* packet) mutable {
    if (end == CallEnd::kLost) {
      done(CallFailures::Lost());
      return;
    }
    if (end == CallEnd::kTimeout) {
      done(failures_.TimedOut(ari::MethodText(method)));
      return;
    }
    ari::Reply<Wire> reply;
    const ari::Status status = packet->method == method
                                   ? parse(packet->args, dialect, &reply)
                                   : ari::Status::Error("the reply is of another method");
    if (status.ok() && !reply.ok()) {
      done(failures_.Refused(ari::MethodText(method), ToFailure(*reply.exception)));
      return;
    }
    std::optional<T> value;
    if (status.ok()) value = convert(reply.value);
    if (value) {
      done(std::move(*value));
      return;
    }
    counters_.malformed_lines.Add();
    done(failures_.Unusable(ari::MethodText(method),
                            status.ok() ? "the values make no sense" : status.message()));
  });
}

template <class Wire, class T, class Write, class Parse, class Convert>
void AriMetadataCalls::Ask(ari::Method method, Done<T> done, Write write, Parse parse,
                           Convert convert) {
  second_chance_.Give<T>(
      *this,
      [this, method, write = std::move(write), parse, convert](Done<T> told) {
        Call<Wire>(method, std::move(told), write, parse, convert);
      },
      std::move(done));
}

// --- Users and sessions

void AriMetadataCalls::NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) {
  const ari::Method method = query.certificate ? ari::Method::kNua : ari::Method::kNus;
  Call<ari::UserProfile>(
      method, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteNotifyUser(id, ToNotifyUser(query), dialect, out);
      },
      [method](std::string_view args, const ari::Dialect& dialect,
               ari::Reply<ari::UserProfile>* reply) {
        return ari::ParseNotifyUserReply(method, args, dialect, reply);
      },
      &ToUserProfile);
}

void AriMetadataCalls::NotifyNewSession(const session::OpenQuery& query,
                                        Done<SessionProfile> done) {
  Call<ari::NewSessionAnswer>(
      ari::Method::kNns, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteNewSession(id, ToNewSession(query), dialect, out);
      },
      &ari::ParseNewSessionReply, &ToSessionProfile);
}

void AriMetadataCalls::NotifySessionClose(const std::string& session_id, Done<Void> done) {
  Call<ari::Nothing>(
      ari::Method::kNsc, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteSessionClose(id, session_id, dialect, out);
      },
      VoidReplyTo(ari::Method::kNsc), &ToVoid);
}

void AriMetadataCalls::NotifyUserMessage(const session::MessageQuery& query,
                                         Done<session::MessageOutcome> done) {
  Call<ari::Nothing>(
      ari::Method::kNum, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteUserMessage(id, {query.user, query.session_id, query.text}, dialect, out);
      },
      VoidReplyTo(ari::Method::kNum),
      // There is no room for a response in this protocol.
      [](const ari::Nothing&) -> std::optional<session::MessageOutcome> {
        return session::MessageOutcome();
      });
}

// --- Items

void AriMetadataCalls::GetItems(const UserName& user, const std::string& session_id,
                                const session::Table& table, Done<Names> done) {
  Ask<Names>(
      ari::Method::kGis, std::move(done),
      [user, session_id, group = table.group](const std::string& id, const ari::Dialect& dialect,
                                              std::string* out) {
        ari::WriteItems(id, {user, group, session_id}, dialect, out);
      },
      NamesReplyTo(ari::Method::kGis), &ToNames);
}

void AriMetadataCalls::GetSchema(const UserName& user, const std::string& session_id,
                                 const session::Table& table, Done<Names> done) {
  Ask<Names>(
      ari::Method::kGsc, std::move(done),
      [user, session_id, group = table.group, schema = table.schema](
          const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteSchema(id, {user, group, schema, session_id}, dialect, out);
      },
      NamesReplyTo(ari::Method::kGsc), &ToNames);
}

void AriMetadataCalls::GetItemData(const std::string&, std::span<const std::string> items,
                                   Done<std::vector<ItemData>> done) {
  Ask<std::vector<ari::ItemLimits>>(
      ari::Method::kGit, std::move(done),
      [names = Names(items.begin(), items.end())](const std::string& id,
                                                  const ari::Dialect& dialect, std::string* out) {
        ari::WriteItemData(id, names, dialect, out);
      },
      &ari::ParseItemDataReply,
      [count = items.size()](const std::vector<ari::ItemLimits>& wire) {
        return ToItemData(wire, count);
      });
}

void AriMetadataCalls::GetUserItemData(const UserName& user, const std::string&,
                                       std::span<const std::string> items,
                                       Done<std::vector<UserItemData>> done) {
  Ask<std::vector<ari::UserItemLimits>>(
      ari::Method::kGui, std::move(done),
      [user, names = Names(items.begin(), items.end())](
          const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteUserItemData(id, {user, names}, dialect, out);
      },
      &ari::ParseUserItemDataReply,
      [count = items.size()](const std::vector<ari::UserItemLimits>& wire) {
        return ToUserItemData(wire, count);
      });
}

// --- Tables

void AriMetadataCalls::NotifyNewTable(const UserName& user, const std::string& session_id,
                                      const session::Table& table, Done<TableProfile> done) {
  Call<ari::NewTablesAnswer>(
      ari::Method::kNnt, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteNewTables(id, {user, session_id, {ToTable(table)}}, dialect, out);
      },
      &ari::ParseNewTablesReply, &ToTableProfile);
}

void AriMetadataCalls::NotifyTableClose(const std::string& session_id, const session::Table& table,
                                        Done<Void> done) {
  Call<ari::Nothing>(
      ari::Method::kNtc, std::move(done),
      [&](const std::string& id, const ari::Dialect& dialect, std::string* out) {
        ari::WriteTablesClose(id, {session_id, {ToTable(table)}}, dialect, out);
      },
      VoidReplyTo(ari::Method::kNtc), &ToVoid);
}

}  // namespace penstock::adapters
