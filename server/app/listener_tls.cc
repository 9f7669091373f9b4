// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/listener_tls.h"

#include <algorithm>
#include <ctime>

#include "base/log.h"
#include "transport/tls/ciphers.h"

namespace penstock::app {

struct ListenerTls::Entry {
  const std::string& name;
  const config::Tls& settings;
  std::shared_ptr<tls::TicketKeys> tickets = nullptr;  // null: none
  std::vector<std::string> files = {};
  std::vector<tls::FileStamp> stamps = {};
  std::shared_ptr<const tls::Context> context = nullptr;
  TimePoint due = {};
  std::uint64_t reloads = 0;
  std::uint64_t reloads_failed = 0;
};

namespace {

tls::ContextOptions OptionsOf(const std::string& listener, const config::Tls& settings) {
  tls::ContextOptions options;
  options.listener = listener;
  options.min_version =
      settings.min_version == config::TlsVersion::k13 ? tls::Version::k13 : tls::Version::k12;
  options.ciphers = settings.ciphers;
  options.cipher_suites = settings.cipher_suites;
  switch (settings.client_certificates) {
    case config::ClientCertificates::kNone:
      break;
    case config::ClientCertificates::kOptional:
      options.client_certificates = tls::ClientCertificates::kOptional;
      break;
    case config::ClientCertificates::kRequired:
      options.client_certificates = tls::ClientCertificates::kRequired;
      break;
  }
  return options;
}

std::vector<std::string> FilesOf(const config::Tls& settings) {
  std::vector<std::string> files;
  for (const config::TlsCertificate& one : settings.certificates) {
    files.push_back(one.certificate_file);
    files.push_back(one.key_file);
  }
  if (!settings.client_ca_file.empty()) files.push_back(settings.client_ca_file);
  return files;
}

// True if all is well; else `*problems` has one more.
bool Report(const Status& status, const config::Place& place, std::string_view key,
            config::Problems* problems) {
  if (!status.ok()) problems->Add(place, "listener.tls." + std::string(key), Message(status));
  return status.ok();
}

}  // namespace

ListenerTls::ListenerTls(const std::vector<config::Listener>& listeners, const Clock& clock)
    : clock_(clock), entries_(listeners.size()) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (!listeners[i].tls) continue;
    const config::Tls& settings = *listeners[i].tls;
    entries_[i].reset(new Entry{.name = listeners[i].name, .settings = settings});
    entries_[i]->files = FilesOf(settings);
    if (settings.session_tickets) {
      entries_[i]->tickets =
          std::make_shared<tls::TicketKeys>(clock_, Duration(settings.ticket_key_rotation));
    }
  }
}

ListenerTls::~ListenerTls() = default;

Status ListenerTls::Load() {
  config::Problems problems;
  for (const auto& entry : entries_) {
    if (entry == nullptr) continue;
    entry->stamps = tls::StampsOf(entry->files);
    entry->due = clock_.Now() + entry->settings.reload_check;
    entry->context = Make(*entry, &problems);
  }
  return problems.ToStatus();
}

std::shared_ptr<const tls::Context> ListenerTls::context(std::size_t listener) const {
  return entries_[listener] == nullptr ? nullptr : entries_[listener]->context;
}

// Null if `*problems` has more than before.
std::shared_ptr<const tls::Context> ListenerTls::Make(Entry& entry, config::Problems* problems) {
  const config::Tls& settings = entry.settings;
  bool good = true;
  std::vector<tls::Certificate> certificates;
  for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
    const config::TlsCertificate& files = settings.certificates[i];
    const config::Place& place = settings.certificate_places[i];
    auto loaded = tls::Certificate::Load({files.certificate_file, files.key_file});
    if (!Report(loaded.status(), place, "certificates", problems)) {
      good = false;
      continue;
    }
    if (const auto odd = loaded->TimeProblem(std::time(nullptr))) {
      notes_.push_back(config::ToString(place) + ": listener.tls.certificates: the certificate " +
                       "in \"" + files.certificate_file + "\" " + *odd + "; clients may refuse it");
    }
    PENSTOCK_LOG(kServer, kInfo, "certificate", {"listener", entry.name},
                 {"file", files.certificate_file}, {"expires", loaded->ExpiryText()});
    certificates.push_back(std::move(*loaded));
  }
  std::optional<tls::Authorities> authorities;
  if (!settings.client_ca_file.empty()) {
    auto loaded = tls::Authorities::Load(settings.client_ca_file);
    good = Report(loaded.status(), settings.client_ca_place, "client_ca_file", problems) && good;
    if (loaded.ok()) authorities = std::move(*loaded);
  }
  good = Report(tls::CheckCiphers(settings.ciphers), settings.ciphers_place, "ciphers", problems) &&
         good;
  good = Report(tls::CheckCipherSuites(settings.cipher_suites), settings.cipher_suites_place,
                "cipher_suites", problems) &&
         good;
  if (!good) return nullptr;
  tls::ContextOptions options = OptionsOf(entry.name, settings);
  options.tickets = entry.tickets;
  auto made = tls::Context::Create(options, std::move(certificates), std::move(authorities));
  const config::Place& place = settings.certificate_places.front();
  return Report(made.status(), place, "certificates", problems) ? std::move(*made) : nullptr;
}

TimePoint ListenerTls::NextCheck() const {
  TimePoint next = TimePoint::max();
  for (const auto& entry : entries_) {
    if (entry != nullptr && entry->settings.reload_check.count() > 0) {
      next = std::min(next, entry->due);
    }
  }
  return next;
}

std::vector<std::size_t> ListenerTls::Check(bool all) {
  const TimePoint now = clock_.Now();
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry* const entry = entries_[i].get();
    if (entry == nullptr) continue;
    const bool due = entry->settings.reload_check.count() > 0 && now >= entry->due;
    if (!due && !all) continue;
    entry->due = now + entry->settings.reload_check;
    std::vector<tls::FileStamp> stamps = tls::StampsOf(entry->files);
    if (stamps == entry->stamps) continue;
    // Taken before the files are read: what is written meanwhile is read the next time.
    entry->stamps = std::move(stamps);
    if (Reload(*entry)) changed.push_back(i);
  }
  return changed;
}

bool ListenerTls::Reload(Entry& entry) {
  config::Problems problems;
  notes_.clear();
  auto made = Make(entry, &problems);
  if (made == nullptr) {
    ++entry.reloads_failed;
    PENSTOCK_LOG(kServer, kError, "changed certificates are no good, the old ones stay in use",
                 {"listener", entry.name}, {"reason", Message(problems.ToStatus())});
    return false;
  }
  for (const std::string& note : notes_) {
    PENSTOCK_LOG(kServer, kWarn, "certificate", {"listener", entry.name}, {"what", note});
  }
  ++entry.reloads;
  entry.context = std::move(made);
  PENSTOCK_LOG(kServer, kInfo, "certificates reloaded", {"listener", entry.name});
  return true;
}

void ListenerTls::LogTotals() const {
  for (const auto& entry : entries_) {
    if (entry == nullptr) continue;
    PENSTOCK_LOG(kServer, kInfo, "listener totals", {"listener", entry->name},
                 {"tls_reloads", entry->reloads}, {"tls_reloads_failed", entry->reloads_failed});
  }
}

}  // namespace penstock::app
