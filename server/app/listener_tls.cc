// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/listener_tls.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "base/log.h"
#include "config/problems.h"
#include "transport/tls/authorities.h"
#include "transport/tls/certificate.h"
#include "transport/tls/ciphers.h"
#include "transport/tls/context.h"
#include "transport/tls/ticket_keys.h"

namespace penstock::app {

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

ReloadedContext::ContextPtr Make(const std::string& listener, const config::Tls& settings,
                                 const std::shared_ptr<tls::TicketKeys>& tickets,
                                 ReloadedContext::Findings* findings) {
  config::Problems* const problems = &findings->problems;
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
      findings->notes.push_back(config::ToString(place) +
                                ": listener.tls.certificates: the certificate " + "in \"" +
                                files.certificate_file + "\" " + *odd + "; clients may refuse it");
    }
    PENSTOCK_LOG(kServer, kInfo, "certificate", {"listener", listener},
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
  tls::ContextOptions options = OptionsOf(listener, settings);
  options.tickets = tickets;
  auto made = tls::Context::Create(options, std::move(certificates), std::move(authorities));
  const config::Place& place = settings.certificate_places.front();
  return Report(made.status(), place, "certificates", problems) ? std::move(*made) : nullptr;
}

}  // namespace

ListenerTls::ListenerTls(const std::vector<config::Listener>& listeners, const Clock& clock)
    : contexts_(listeners.size()) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (!listeners[i].tls) continue;
    const std::string& name = listeners[i].name;
    const config::Tls& settings = *listeners[i].tls;
    std::shared_ptr<tls::TicketKeys> tickets;
    if (settings.session_tickets) {
      tickets = std::make_shared<tls::TicketKeys>(clock, Duration(settings.ticket_key_rotation));
    }
    contexts_[i] = std::make_unique<ReloadedContext>(
        clock, ReloadedContext::Source{"listener", name, FilesOf(settings), settings.reload_check},
        [&name, &settings, tickets](ReloadedContext::Findings* findings) {
          return Make(name, settings, tickets, findings);
        });
  }
}

Status ListenerTls::Load() {
  ReloadedContext::Findings findings;
  for (const auto& context : contexts_) {
    if (context != nullptr) context->Load(&findings);
  }
  notes_ = std::move(findings.notes);
  return findings.problems.ToStatus();
}

ReloadedContext::ContextPtr ListenerTls::context(std::size_t listener) const {
  return contexts_[listener] == nullptr ? nullptr : contexts_[listener]->context();
}

TimePoint ListenerTls::NextCheck() const {
  TimePoint next = TimePoint::max();
  for (const auto& context : contexts_) {
    if (context != nullptr) next = std::min(next, context->NextCheck());
  }
  return next;
}

std::vector<std::size_t> ListenerTls::Check(bool all) {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    if (contexts_[i] != nullptr && contexts_[i]->Check(all)) changed.push_back(i);
  }
  return changed;
}

void ListenerTls::LogTotals() const {
  for (const auto& context : contexts_) {
    if (context != nullptr) context->LogTotals();
  }
}

}  // namespace penstock::app
