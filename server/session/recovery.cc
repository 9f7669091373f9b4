// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Session recovery (TLCP §2.9): what was sent is kept for a while, and a client whose connection
// broke gets again what it missed, in the same words, whether the break was noticed here or not.

#include "session/recovery_log.h"

#include "base/log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

RecoveryLog* Session::Log() {
  if (log_ == nullptr && table_.options().recovery.count() > 0) {
    log_ = std::make_unique<RecoveryLog>(table_.options().recovery_max_bytes);
  }
  return log_.get();
}

bool Session::CountsForClient() const {
  return table_.options().recovery.count() > 0 && version_.HasRecovery();
}

std::optional<tlcp::Error> Session::PrepareBind(std::optional<std::uint64_t> recovery_from) {
  prog_ = recovery_from;
  recovers_ = recovery_from.has_value();
  if (!recovery_from) {
    // The client has all that the last link was given, up to its LOOP. That is not so if the link
    // was taken away, nor if a request that the client had given up arrived late: once a link has
    // broken the client is told what it is believed to have, and opens a new session if it has not.
    if (link_ != nullptr) broke_ = true;
    if (broke_ && CountsForClient()) prog_ = log_ == nullptr ? 0 : log_->sent();
    if (log_ != nullptr) log_->Confirm();
    return std::nullopt;
  }
  const bool possible = table_.options().recovery.count() > 0 &&
                        (log_ != nullptr ? log_->Rewind(*recovery_from) : *recovery_from == 0);
  if (possible) {
    ++table_.counters().recovered;
    broke_ = true;
    return std::nullopt;
  }
  ++table_.counters().recoveries_refused;
  PENSTOCK_LOG(kSession, kInfo, "recovery refused", {"session", id()},
               {"client_has", *recovery_from}, {"sent", log_ == nullptr ? 0 : log_->total()},
               {"dropped", log_ == nullptr ? 0 : log_->dropped()});
  Close(std::nullopt);
  return tlcp::MakeError(tlcp::SessionCode::kRecoveryImpossible);
}

// Control notifications: most, but not all of them, are counted.
void Session::LogLines(std::string_view lines) {
  const auto keep = [this](std::string_view counted) {
    if (counted.empty()) return;
    if (RecoveryLog* const log = Log()) log->AddLines(counted);
  };
  std::size_t begin = 0;  // of the counted lines that are not in the log yet
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t next = lines.find('\n', at) + 1;
    if (!tlcp::IsDataNotification(lines.substr(at))) {
      keep(lines.substr(begin, at - begin));
      begin = next;
    }
    at = next;
  }
  keep(lines.substr(begin));
}

// A poll is kept whole until the client comes for the next: its content length bounds it.
void Session::TrimLog() {
  if (log_ != nullptr && !binding_.polling) log_->Trim();
}

}  // namespace penstock::session
