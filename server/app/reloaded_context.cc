// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/reloaded_context.h"

#include <utility>

#include "base/log.h"

namespace penstock::app {

ReloadedContext::ReloadedContext(const Clock& clock, Source source, Make make)
    : clock_(clock), source_(std::move(source)), make_(std::move(make)) {}

void ReloadedContext::Load(Findings* findings) {
  // Taken before the files are read: what is written meanwhile is read the next time.
  stamps_ = tls::StampsOf(source_.files);
  due_ = clock_.Now() + source_.period;
  context_ = make_(findings);
}

bool ReloadedContext::Check(bool asked) {
  const TimePoint now = clock_.Now();
  if (!asked && now < NextCheck()) return false;
  due_ = now + source_.period;
  std::vector<tls::FileStamp> stamps = tls::StampsOf(source_.files);
  if (stamps == stamps_) return false;
  stamps_ = std::move(stamps);
  return Reload();
}

bool ReloadedContext::Reload() {
  Findings findings;
  ContextPtr made = make_(&findings);
  if (made == nullptr) {
    ++reloads_failed_;
    PENSTOCK_LOG(kServer, kError, "changed certificates are no good, the old ones stay in use",
                 {source_.owner, source_.name}, {"reason", Message(findings.problems.ToStatus())});
    return false;
  }
  for (const std::string& note : findings.notes) {
    PENSTOCK_LOG(kServer, kWarn, "certificate", {source_.owner, source_.name}, {"what", note});
  }
  ++reloads_;
  context_ = std::move(made);
  PENSTOCK_LOG(kServer, kInfo, "certificates reloaded", {source_.owner, source_.name});
  return true;
}

void ReloadedContext::LogTotals() const {
  PENSTOCK_LOG(kServer, kInfo, std::string(source_.owner) + " totals",
               {source_.owner, source_.name}, {"tls_reloads", reloads_},
               {"tls_reloads_failed", reloads_failed_});
}

}  // namespace penstock::app
