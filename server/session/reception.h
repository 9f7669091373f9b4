// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "base/log_pace.h"
#include "base/slot_map.h"
#include "base/string_hash.h"
#include "protection/gate.h"
#include "session/client_profile.h"
#include "session/metadata_port.h"
#include "tlcp/request.h"

namespace penstock::session {

class Session;
class SessionTable;

// The session, or what its CONERR says.
using OpenReply = absl::AnyInvocable<void(std::variant<Session*, tlcp::Error>)>;

// Who asks for a session and does not have it yet: the limits of the server, of an address and of a
// user, the delay after refused logins, the Metadata Adapter's answer, and how long the client
// waits for it (TLCP §2.1, LS_ttl_millis).
// Owned by the SessionTable. Shard: own; the limits are those of all shards.
class Reception {
 public:
  Reception(SessionTable& table, protection::Gate& gate);
  ~Reception();

  void Open(tlcp::CreateSession request, ClientProfile client, OpenReply reply);
  // Ends a session of this set that the Metadata Adapter has let in, and that waits for the one
  // which it replaces to make room: in the moment in which it opens.
  void End(const std::string& adapter_set, const std::string& session_id, const tlcp::Error& cause);
  // Refuses those whom no Metadata Adapter was asked about.
  void Close();

 private:
  struct Guest;
  using Key = SlotMap<Guest>::Key;

  std::optional<std::string> TakeOldSession(Guest& guest);
  // Nothing, or why the guest may not even ask. Sets when it may.
  std::optional<tlcp::Error> Admit(Guest& guest);
  std::optional<tlcp::Error> AdmitByAddress(Guest& guest, Duration& delay);
  std::optional<tlcp::Error> AdmitDelayed(Guest& guest, Duration pace, Duration login_delay);
  // The first time, and once more behind each conflict.
  void Ask(Guest& guest);
  void AskAdapter(Guest& guest);
  void OnAnswer(Key key, std::variant<OpenGrant, tlcp::Error> result);
  void ResolveConflict(Guest& guest, OpenGrant grant);
  void LetIn(std::unique_ptr<Guest> guest, OpenGrant grant);
  void OnRefused(Guest& guest, const tlcp::Error& error);
  void NoteLogin(const Guest& guest, bool refused);
  void OnTimer(Guest& guest);
  void Refuse(Guest& guest, const tlcp::Error& error);

  SessionTable& table_;
  protection::Gate& gate_;
  SlotMap<Guest> guests_;
  LogPace refusals_;
  // Let in by the adapter, but without a place yet; each belongs to the call that is under way.
  absl::flat_hash_map<std::string, Guest*, StringHash, std::equal_to<>> moving_in_;
};

}  // namespace penstock::session
