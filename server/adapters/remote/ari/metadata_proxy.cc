// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/metadata_proxy.h"

#include <cmath>
#include <utility>

#include "adapters/remote/ari/metadata_conversion.h"
#include "ari/control_messages.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/user_messages.h"
#include "base/log.h"
#include "base/utf8.h"

namespace penstock::adapters {

namespace {

bool AllUsable(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty() || !IsValidUtf8(name)) return false;
  }
  return true;
}

Failure Undecided(FailureKind kind, std::string why) {
  Failure failure{kind, std::move(why)};
  failure.may_be_done = true;
  return failure;
}

}  // namespace

AriMetadataProxy::AriMetadataProxy(Place place, const config::AdapterSet& set,
                                   const std::string& server_instance_id,
                                   const config::Limits& limits)
    : Proxy(place.shard, set.metadata_adapter->proxy.name, set.id, /*is_metadata=*/true),
      observer_(place.observer),
      metadata_({place.courier, place.shard, place.control, counters_}, set),
      channel_(place.shard,
               {.proxy = set.metadata_adapter->proxy,
                .is_metadata = true,
                .notify_port = std::nullopt,
                .adapter_set = set.id,
                .data_adapter = "",
                .server_instance_id = server_instance_id,
                .limits = limits,
                .node_item_list_workaround = set.metadata_adapter->node_item_list_workaround},
               counters_, this) {
  metadata_.Connect(this);
}

Status AriMetadataProxy::ClaimPorts() {
  PENSTOCK_RETURN_IF_ERROR(channel_.ClaimPorts());
  UpdateStatus();
  return OkStatus();
}

// --- Calls

template <class Wire, class T, class Write, class Parse, class Convert>
void AriMetadataProxy::Call(ari::Method method, Done<T> done, Write write, Parse parse,
                            Convert convert) {
  if (!ready()) {
    done(Failure{FailureKind::kDisconnected, "no remote adapter is connected"});
    return;
  }
  const std::string id = channel_.NextId();
  write(id);
  channel_.Expect(id, [this, method, done = std::move(done), parse, convert](
                          std::string_view, CallEnd end, const ari::PacketHead* packet) mutable {
    if (end == CallEnd::kLost) {
      done(Undecided(FailureKind::kDisconnected, "the remote adapter was lost"));
      return;
    }
    if (end == CallEnd::kTimeout) {
      counters_.timeouts.Add();
      LogFailure(timeouts_, "the metadata adapter did not answer in time", method, "timeout");
      done(Undecided(FailureKind::kTimeout, "no answer in time"));
      return;
    }
    ari::Reply<Wire> reply;
    const ari::Status status = packet->method == method
                                   ? parse(packet->args, &reply)
                                   : ari::Status::Error("the reply is of another method");
    if (status.ok() && !reply.ok()) {
      done(Refused(method, *reply.exception));
      return;
    }
    std::optional<T> value;
    if (status.ok()) value = convert(reply.value);
    if (value) {
      done(std::move(*value));
      return;
    }
    counters_.malformed_lines.Add();
    const std::string why = status.ok() ? "the values make no sense" : status.message();
    LogFailure(unusable_, "an answer of the metadata adapter cannot be used", method, why);
    done(Undecided(FailureKind::kUnexpected, why));
  });
}

Failure AriMetadataProxy::Refused(ari::Method method, const ari::Exception& exception) {
  counters_.requests_failed.Add();
  Failure failure = ToFailure(exception);
  const bool is_credits = failure.kind == FailureKind::kCredits;
  if (is_credits && failure.client_code > 0) {
    LogFailure(codes_, "the metadata adapter chose a positive code for a client: 0 is sent", method,
               std::to_string(failure.client_code));
  }
  // Told to nobody else: the client gets a code only.
  if (failure.kind == FailureKind::kUnexpected) {
    LogFailure(failures_, "the metadata adapter failed", method, failure.message);
  }
  return failure;
}

void AriMetadataProxy::LogFailure(LogPace& pace, std::string_view message, ari::Method method,
                                  std::string_view why) {
  if (!pace.Due(shard().now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, message, {"proxy", name()}, {"method", ari::MethodText(method)},
               {"error", why}, {"held_back", pace.held_back()});
}

void AriMetadataProxy::NotifyUser(const session::OpenQuery& query, Done<UserProfile> done) {
  const ari::Dialect& dialect = channel_.dialect();
  const ari::Method method = query.certificate ? ari::Method::kNua : ari::Method::kNus;
  Call<ari::UserProfile>(
      method, std::move(done),
      [&](const std::string& id) {
        ari::WriteNotifyUser(id, ToNotifyUser(query), dialect, &channel_.out());
      },
      [dialect, method](std::string_view args, ari::Reply<ari::UserProfile>* reply) {
        return ari::ParseNotifyUserReply(method, args, dialect, reply);
      },
      [](const ari::UserProfile& wire) -> std::optional<UserProfile> {
        if (wire.max_bandwidth_kbps < 0) return std::nullopt;
        // "Infinity" is how an adapter may say that it sets no limit.
        const double limit = std::isfinite(wire.max_bandwidth_kbps) ? wire.max_bandwidth_kbps : 0;
        return UserProfile{limit, wire.wants_tables};
      });
}

void AriMetadataProxy::NotifyNewSession(const session::OpenQuery& query,
                                        Done<SessionProfile> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<ari::NewSessionAnswer>(
      ari::Method::kNns, std::move(done),
      [&](const std::string& id) {
        ari::WriteNewSession(id, ToNewSession(query), dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<ari::NewSessionAnswer>* reply) {
        return ari::ParseNewSessionReply(args, dialect, reply);
      },
      [](const ari::NewSessionAnswer& wire) -> std::optional<SessionProfile> {
        return SessionProfile{wire.ttl_seconds.value_or(0)};
      });
}

void AriMetadataProxy::NotifySessionClose(const std::string& session_id, Done<Void> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<ari::Nothing>(
      ari::Method::kNsc, std::move(done),
      [&](const std::string& id) {
        ari::WriteSessionClose(id, session_id, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<ari::Nothing>* reply) {
        return ari::ParseVoidReply(ari::Method::kNsc, args, dialect, reply);
      },
      [](const ari::Nothing&) -> std::optional<Void> { return Void(); });
}

template <class T, class Ask>
void AriMetadataProxy::AskTwice(Ask ask, Done<T> done) {
  ask([this, ask, done = std::move(done)](Outcome<T> outcome) mutable {
    const auto* const failure = std::get_if<Failure>(&outcome);
    if (failure != nullptr && failure->kind == FailureKind::kDisconnected && ready()) {
      asked_again_.push_back([ask, done = std::move(done)]() mutable { ask(std::move(done)); });
    } else {
      done(std::move(outcome));
    }
  });
}

void AriMetadataProxy::GetItems(const UserName& user, const std::string& session_id,
                                const std::string& group, Done<std::vector<std::string>> done) {
  AskTwice<std::vector<std::string>>(
      [this, user, session_id, group](Done<std::vector<std::string>> told) {
        AskItems(user, session_id, group, std::move(told));
      },
      std::move(done));
}

void AriMetadataProxy::GetSchema(const UserName& user, const std::string& session_id,
                                 const std::string& group, const std::string& schema,
                                 Done<std::vector<std::string>> done) {
  AskTwice<std::vector<std::string>>(
      [this, user, session_id, group, schema](Done<std::vector<std::string>> told) {
        AskSchema(user, session_id, group, schema, std::move(told));
      },
      std::move(done));
}

void AriMetadataProxy::GetItemData(std::span<const std::string> items,
                                   Done<std::vector<ItemData>> done) {
  AskTwice<std::vector<ItemData>>(
      [this, names = std::vector<std::string>(items.begin(), items.end())](
          Done<std::vector<ItemData>> told) { AskItemData(names, std::move(told)); },
      std::move(done));
}

void AriMetadataProxy::GetUserItemData(const UserName& user, std::span<const std::string> items,
                                       Done<std::vector<UserItemData>> done) {
  AskTwice<std::vector<UserItemData>>(
      [this, user, names = std::vector<std::string>(items.begin(), items.end())](
          Done<std::vector<UserItemData>> told) { AskUserItemData(user, names, std::move(told)); },
      std::move(done));
}

void AriMetadataProxy::AskItems(const UserName& user, const std::string& session_id,
                                const std::string& group, Done<std::vector<std::string>> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<std::vector<std::string>>(
      ari::Method::kGis, std::move(done),
      [&](const std::string& id) {
        ari::WriteItems(id, {user, group, session_id}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<std::vector<std::string>>* reply) {
        return ari::ParseNamesReply(ari::Method::kGis, args, dialect, reply);
      },
      [](std::vector<std::string>& names) -> std::optional<std::vector<std::string>> {
        if (!AllUsable(names)) return std::nullopt;
        return std::move(names);
      });
}

void AriMetadataProxy::AskSchema(const UserName& user, const std::string& session_id,
                                 const std::string& group, const std::string& schema,
                                 Done<std::vector<std::string>> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<std::vector<std::string>>(
      ari::Method::kGsc, std::move(done),
      [&](const std::string& id) {
        ari::WriteSchema(id, {user, group, schema, session_id}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<std::vector<std::string>>* reply) {
        return ari::ParseNamesReply(ari::Method::kGsc, args, dialect, reply);
      },
      [](std::vector<std::string>& names) -> std::optional<std::vector<std::string>> {
        if (!AllUsable(names)) return std::nullopt;
        return std::move(names);
      });
}

void AriMetadataProxy::AskItemData(std::span<const std::string> items,
                                   Done<std::vector<ItemData>> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<std::vector<ari::ItemLimits>>(
      ari::Method::kGit, std::move(done),
      [&](const std::string& id) {
        ari::WriteItemData(id, {items.begin(), items.end()}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<std::vector<ari::ItemLimits>>* reply) {
        return ari::ParseItemDataReply(args, dialect, reply);
      },
      [count = items.size()](const std::vector<ari::ItemLimits>& wire) {
        return ToItemData(wire, count);
      });
}

void AriMetadataProxy::AskUserItemData(const UserName& user, std::span<const std::string> items,
                                       Done<std::vector<UserItemData>> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<std::vector<ari::UserItemLimits>>(
      ari::Method::kGui, std::move(done),
      [&](const std::string& id) {
        ari::WriteUserItemData(id, {user, {items.begin(), items.end()}}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<std::vector<ari::UserItemLimits>>* reply) {
        return ari::ParseUserItemDataReply(args, dialect, reply);
      },
      [count = items.size()](const std::vector<ari::UserItemLimits>& wire) {
        return ToUserItemData(wire, count);
      });
}

void AriMetadataProxy::NotifyUserMessage(const session::MessageQuery& query,
                                         Done<session::MessageOutcome> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<ari::Nothing>(
      ari::Method::kNum, std::move(done),
      [&](const std::string& id) {
        ari::WriteUserMessage(id, {query.user, query.session_id, query.text}, dialect,
                              &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<ari::Nothing>* reply) {
        return ari::ParseVoidReply(ari::Method::kNum, args, dialect, reply);
      },
      // There is no room for a response in this protocol.
      [](const ari::Nothing&) -> std::optional<session::MessageOutcome> {
        return session::MessageOutcome();
      });
}

void AriMetadataProxy::NotifyNewTable(const UserName& user, const std::string& session_id,
                                      const session::Table& table, Done<TableProfile> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<ari::NewTablesAnswer>(
      ari::Method::kNnt, std::move(done),
      [&](const std::string& id) {
        ari::WriteNewTables(id, {user, session_id, {ToTable(table)}}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<ari::NewTablesAnswer>* reply) {
        return ari::ParseNewTablesReply(args, dialect, reply);
      },
      [](const ari::NewTablesAnswer& wire) -> std::optional<TableProfile> {
        return TableProfile{wire.enable_unsubscription, wire.wants_statistics};
      });
}

void AriMetadataProxy::NotifyTableClose(const std::string& session_id, const session::Table& table,
                                        Done<Void> done) {
  const ari::Dialect& dialect = channel_.dialect();
  Call<ari::Nothing>(
      ari::Method::kNtc, std::move(done),
      [&](const std::string& id) {
        ari::WriteTablesClose(id, {session_id, {ToTable(table)}}, dialect, &channel_.out());
      },
      [dialect](std::string_view args, ari::Reply<ari::Nothing>* reply) {
        return ari::ParseVoidReply(ari::Method::kNtc, args, dialect, reply);
      },
      [](const ari::Nothing&) -> std::optional<Void> { return Void(); });
}

// --- The channel

void AriMetadataProxy::OnReady() {
  UpdateStatus();
  metadata_.OnReady();
  for (runtime::Task& task : std::exchange(asked_again_, {})) task();
  observer_.OnProxyReady(*this);
}

void AriMetadataProxy::OnLost() {
  ++connection_;
  UpdateStatus();
  metadata_.OnLost();
}

// --- Calls of the remote adapter

ari::Status AriMetadataProxy::OnPacket(const ari::PacketHead& packet) {
  const ari::Status status = OnReverseCall(packet);
  const bool is_call = packet.method == ari::Method::kFst || packet.method == ari::Method::kFus;
  if (!status.ok() && is_call) {  // or the remote adapter waits for ever
    ari::Exception refusal;
    refusal.message = status.message();
    ari::WriteException(packet.id, packet.method, refusal, channel_.dialect(), &channel_.out());
  }
  return status;
}

ari::Status AriMetadataProxy::OnReverseCall(const ari::PacketHead& packet) {
  if (!ari::HasReverseRequests(channel_.dialect().version)) {
    return ari::Status::Error("not before version 1.9.0");
  }
  switch (packet.method) {
    case ari::Method::kFst:
      return OnForceSessionTermination(packet);
    case ari::Method::kFus:
      return OnForceUnsubscription(packet);
    default:
      return ari::Status::Error("not for a metadata adapter");
  }
}

template <class T, class Write>
Done<T> AriMetadataProxy::Answering(const ari::PacketHead& packet, Write write) {
  return [this, connection = connection_, id = std::string(packet.id), method = packet.method,
          write](Outcome<T> outcome) {
    if (connection != connection_ || !ready()) return;
    const ari::Dialect& dialect = channel_.dialect();
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      ari::Exception refusal;
      refusal.message = failure->message;
      ari::WriteException(id, method, refusal, dialect, &channel_.out());
    } else {
      write(id, std::get<T>(outcome), dialect, &channel_.out());
    }
  };
}

ari::Status AriMetadataProxy::OnForceSessionTermination(const ari::PacketHead& packet) {
  ari::ForceSessionTermination request;
  const ari::Status status =
      ari::ParseForceSessionTermination(packet.args, channel_.dialect(), &request);
  if (!status.ok()) return status;
  std::optional<AdapterCause> cause;
  if (request.cause_code) {
    cause = AdapterCause{*request.cause_code, request.cause_message.value_or("")};
  }
  metadata_.EndSession(std::move(request.session), cause,
                       Answering<Void>(packet, [](const std::string& id, Void,
                                                  const ari::Dialect& dialect, std::string* out) {
                         ari::WriteVoidReply(id, ari::Method::kFst, dialect, out);
                       }));
  return {};
}

ari::Status AriMetadataProxy::OnForceUnsubscription(const ari::PacketHead& packet) {
  ari::ForceUnsubscription request;
  const ari::Status status =
      ari::ParseForceUnsubscription(packet.args, channel_.dialect(), &request);
  if (!status.ok()) return status;
  metadata_.EndSubscription(std::move(request.session), request.win_index,
                            Answering<bool>(packet, &ari::WriteForceUnsubscriptionReply));
  return {};
}

}  // namespace penstock::adapters
