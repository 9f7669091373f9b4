// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ari/control_messages.h"
#include "ari/init.h"
#include "ari/item_messages.h"
#include "ari/session_messages.h"
#include "ari/table_messages.h"
#include "ari/user_messages.h"
#include "fuzz/ari_value_trip.h"

namespace penstock::ari {

// What an adapter writes and a server reads, but notifications; and the answers to FST and FUS.
void CheckReplyValues(Trip& t, uint8_t kind) {
  Source& s = t.s;
  const Dialect& d = t.d;
  const bool refused = s.Flag();
  switch (kind % 13) {
    case 0: {
      RemoteCredentials rac{s.Nullable(), s.Nullable(), s.Flag(), s.Nullable()};
      WriteRac("1", rac, t.line());
      return t.Same(rac, [](auto args, auto* out) { return ParseRac(args, out); });
    }
    case 1: {
      constexpr Version kVersions[] = {Version::k180, Version::k182, Version::k183, Version::k190,
                                       Version::k191};
      const Method method = s.Flag() ? Method::kMpi : Method::kDpi;
      InitAnswer answer;
      answer.version = kVersions[s.Byte() % 5];
      WriteInitReply("7", method, *answer.version, t.line());
      Reply<InitAnswer> again;
      Require(ParseInitReply(method, t.Args(), &again).ok(), "is not read", *t.line());
      return Require(again.ok() && again.value.version == answer.version, "another version",
                     *t.line());
    }
    case 2: {
      const Method method = s.Flag() ? Method::kNus : Method::kNua;
      const auto read = [&](auto args, auto* out) {
        return ParseNotifyUserReply(method, args, d, out);
      };
      if (refused) return t.Refusal<UserProfile>(method, read);
      const UserProfile profile{s.Double(), s.Flag()};
      WriteNotifyUserReply("7", method, profile, d, t.line());
      return t.SameReply(profile, read);
    }
    case 3: {
      const auto read = [&](auto args, auto* out) { return ParseNewSessionReply(args, d, out); };
      if (refused) return t.Refusal<NewSessionAnswer>(Method::kNns, read);
      NewSessionAnswer answer;
      if (s.Flag() && d.version >= Version::k190) answer.ttl_seconds = s.Number<int32_t>();
      WriteNewSessionReply("7", answer, d, t.line());
      return t.SameReply(answer, read);
    }
    case 4: {
      const Method method = s.Flag() ? Method::kGis : Method::kGsc;
      const auto read = [&](auto args, auto* out) { return ParseNamesReply(method, args, d, out); };
      if (refused) return t.Refusal<std::vector<std::string>>(method, read);
      const std::vector<std::string> names = s.Strings();
      WriteNamesReply("7", method, names, d, t.line());
      return t.SameReply(names, read);
    }
    case 5: {
      const auto read = [&](auto args, auto* out) { return ParseItemDataReply(args, d, out); };
      if (refused) return t.Refusal<std::vector<ItemLimits>>(Method::kGit, read);
      const auto limits = s.List(
          [&] {
            return ItemLimits{s.Number<int32_t>(), s.Double(), s.Modes()};
          },
          1);
      WriteItemDataReply("7", limits, d, t.line());
      return t.SameReply(limits, read);
    }
    case 6: {
      const auto read = [&](auto args, auto* out) { return ParseUserItemDataReply(args, d, out); };
      if (refused) return t.Refusal<std::vector<UserItemLimits>>(Method::kGui, read);
      const auto limits = s.List(
          [&] {
            return UserItemLimits{s.Number<int32_t>(), s.Double(), s.Modes()};
          },
          1);
      WriteUserItemDataReply("7", limits, d, t.line());
      return t.SameReply(limits, read);
    }
    case 7: {
      const auto read = [&](auto args, auto* out) { return ParseNewTablesReply(args, d, out); };
      if (refused) return t.Refusal<NewTablesAnswer>(Method::kNnt, read);
      NewTablesAnswer answer;
      if (HasTableFlags(d.version)) answer = {s.Flag(), s.Flag()};
      WriteNewTablesReply("7", answer, d, t.line());
      return t.SameReply(answer, read);
    }
    case 8: {
      constexpr Method kVoid[] = {Method::kNsc, Method::kNum, Method::kNtc,
                                  Method::kMda, Method::kMsa, Method::kMdc,
                                  Method::kSub, Method::kUsb, Method::kFst};
      const Method method = kVoid[s.Byte() % 9];
      const auto read = [&](auto args, auto* out) { return ParseVoidReply(method, args, d, out); };
      if (refused) return t.Refusal<Nothing>(method, read);
      WriteVoidReply("7", method, d, t.line());
      return t.SameReply(Nothing{}, read);
    }
    case 9: {
      const auto read = [&](auto args, auto* out) {
        return ParseForceUnsubscriptionReply(args, d, out);
      };
      if (refused) return t.Refusal<bool>(Method::kFus, read);
      const bool done = s.Flag();
      WriteForceUnsubscriptionReply("7", done, d, t.line());
      return t.SameReply(done, read);
    }
    case 10: {
      ForceSessionTermination r;
      r.session = s.String();
      if (s.Flag()) {
        r.cause_code = s.Number<int32_t>();
        r.cause_message = s.Nullable();
      }
      WriteForceSessionTermination("64", r, d, t.line());
      return t.Same(
          r, [&](auto args, auto* out) { return ParseForceSessionTermination(args, d, out); });
    }
    case 11: {
      const ForceUnsubscription r{s.String(), s.Number<int32_t>()};
      WriteForceUnsubscription("64", r, d, t.line());
      return t.Same(r,
                    [&](auto args, auto* out) { return ParseForceUnsubscription(args, d, out); });
    }
    default: {
      const Method method = s.Flag() ? Method::kMpi : Method::kDpi;
      Exception e;
      e.kind = !refused                 ? ExceptionKind::kGeneric
               : method == Method::kMpi ? ExceptionKind::kMetadataInit
                                        : ExceptionKind::kDataInit;
      e.message = s.Nullable();
      WriteInitException("7", method, e, t.line());
      return t.Same(Reply<InitAnswer>{e, InitAnswer{}},
                    [&](auto args, auto* out) { return ParseInitReply(method, args, out); });
    }
  }
}

}  // namespace penstock::ari
