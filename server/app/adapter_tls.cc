// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/adapter_tls.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "base/log.h"
#include "config/files.h"
#include "config/patterns.h"
#include "config/problems.h"
#include "transport/tls/authorities.h"
#include "transport/tls/certificate.h"
#include "transport/tls/ciphers.h"
#include "transport/tls/context.h"

namespace penstock::app {

namespace {

tls::Version VersionOf(config::TlsVersion version) {
  return version == config::TlsVersion::k13 ? tls::Version::k13 : tls::Version::k12;
}

std::vector<std::string> FilesOf(const config::AdapterTls& settings) {
  std::vector<std::string> files;
  for (const std::string* const file :
       {&settings.certificate_file, &settings.key_file, &settings.keystore_file,
        &settings.keystore_password_file, &settings.ca_file, &settings.truststore_file,
        &settings.truststore_password_file}) {
    if (!file->empty()) files.push_back(*file);
  }
  return files;
}

// The first line of a file that holds nothing else.
StatusOr<std::string> PasswordOf(const std::string& text, const std::string& file) {
  if (file.empty()) return text;
  StatusOr<std::string> read = config::ReadWholeFile(file);
  if (read.ok()) read->erase(std::min(read->find_first_of("\r\n"), read->size()));
  return read;
}

StatusOr<tls::Certificate> LoadCertificate(const config::AdapterTls& settings) {
  if (settings.keystore_file.empty()) {
    return tls::Certificate::Load({settings.certificate_file, settings.key_file});
  }
  const auto password = PasswordOf(settings.keystore_password, settings.keystore_password_file);
  if (!password.ok()) return password.status();
  return tls::Certificate::LoadStore({settings.keystore_file, *password});
}

StatusOr<tls::Authorities> LoadAuthorities(const config::AdapterTls& settings) {
  if (settings.truststore_file.empty()) return tls::Authorities::Load(settings.ca_file);
  const auto password = PasswordOf(settings.truststore_password, settings.truststore_password_file);
  if (!password.ok()) return password.status();
  return tls::Authorities::LoadStore({settings.truststore_file, *password});
}

// Versions and ciphers; a version of which no cipher is left is not spoken.
StatusOr<tls::ProtocolOptions> ProtocolOf(const config::AdapterTls& settings,
                                          std::vector<std::string>* unknown) {
  PENSTOCK_RETURN_IF_ERROR(tls::CheckCiphers(settings.ciphers));
  PENSTOCK_RETURN_IF_ERROR(tls::CheckCipherSuites(settings.cipher_suites));
  tls::ProtocolOptions options;
  options.min_version = VersionOf(settings.min_version);
  options.max_version = VersionOf(settings.max_version);
  options.ciphers = settings.ciphers;
  options.cipher_suites = settings.cipher_suites;
  if (settings.allow_cipher_suites.empty() && settings.remove_cipher_suites.empty()) return options;
  const tls::CipherLists left = tls::ChooseCiphers(
      {settings.ciphers, settings.cipher_suites}, settings.allow_cipher_suites,
      [&settings](std::string_view name) {
        return config::AnyFound(settings.remove_cipher_suites, name);
      },
      unknown);
  options.cipher_suites = left.cipher_suites;
  if (left.ciphers.empty()) {
    options.min_version = tls::Version::k13;
  } else {
    options.ciphers = left.ciphers;
  }
  if (left.cipher_suites.empty()) options.max_version = tls::Version::k12;
  if (options.min_version > options.max_version) {
    return InvalidArgument(
        "the cipher suites allowed and removed leave none for the versions of "
        "TLS that are spoken; allow one");
  }
  return options;
}

ReloadedContext::ContextPtr Make(const config::ProxySettings& proxy,
                                 ReloadedContext::Findings* findings) {
  const config::AdapterTls& settings = *proxy.tls;
  const std::string key = "tls of proxy " + proxy.name;
  bool good = true;
  const auto check = [&](const Status& status) {
    if (!status.ok()) findings->problems.Add(settings.place, key, Message(status));
    good = good && status.ok();
    return status.ok();
  };
  std::optional<tls::Certificate> own;
  if (settings.has_certificate()) {
    auto loaded = LoadCertificate(settings);
    if (check(loaded.status())) {
      if (const auto odd = loaded->TimeProblem(std::time(nullptr))) {
        findings->notes.push_back(ToString(settings.place) + ": " + key + ": its certificate " +
                                  *odd + "; remote adapters may refuse it");
      }
      PENSTOCK_LOG(kServer, kInfo, "certificate", {"proxy", proxy.name},
                   {"expires", loaded->ExpiryText()});
      own = std::move(*loaded);
    }
  }
  const bool dials = !proxy.remote_host.empty();
  std::optional<tls::Authorities> authorities;
  if (dials ? settings.has_authorities() : settings.force_client_auth) {
    auto loaded = LoadAuthorities(settings);
    if (check(loaded.status())) authorities = std::move(*loaded);
  }
  std::vector<std::string> unknown;
  const auto protocol = ProtocolOf(settings, &unknown);
  check(protocol.status());
  for (const std::string& name : unknown) {
    findings->notes.push_back(ToString(settings.place) + ": " + key + ": \"" + name +
                              "\" is no cipher suite of this server, and left out");
  }
  if (!good) return nullptr;
  StatusOr<std::shared_ptr<const tls::Context>> made = std::shared_ptr<const tls::Context>();
  if (dials) {
    made = tls::Context::CreateForClient(*protocol, std::move(own), std::move(authorities));
  } else {
    tls::ContextOptions options;
    static_cast<tls::ProtocolOptions&>(options) = *protocol;
    options.listener = proxy.name;
    options.prefer_own_ciphers = settings.prefer_server_ciphers;
    options.http = false;
    if (settings.force_client_auth) {
      options.client_certificates = tls::ClientCertificates::kRequired;
    }
    std::vector<tls::Certificate> certificates;
    certificates.push_back(std::move(*own));
    made = tls::Context::Create(options, std::move(certificates), std::move(authorities));
  }
  return check(made.status()) ? std::move(*made) : nullptr;
}

}  // namespace

AdapterTls::AdapterTls(const std::vector<config::AdapterSet>& sets, const Clock& clock)
    : clock_(clock) {
  for (const config::AdapterSet& set : sets) {
    if (set.metadata_adapter) Add(set.metadata_adapter->proxy);
    for (const config::DataAdapter& data : set.data_adapters) Add(data.proxy);
  }
}

void AdapterTls::Add(const config::ProxySettings& proxy) {
  if (!proxy.tls) return;
  const config::AdapterTls& settings = *proxy.tls;
  entries_.push_back(
      {&proxy,
       std::make_unique<ReloadedContext>(
           clock_,
           ReloadedContext::Source{"proxy", proxy.name, FilesOf(settings), settings.reload_check},
           [&proxy](ReloadedContext::Findings* findings) { return Make(proxy, findings); })});
}

Status AdapterTls::Load() {
  ReloadedContext::Findings findings;
  for (const Entry& entry : entries_) entry.context->Load(&findings);
  notes_ = std::move(findings.notes);
  return findings.problems.ToStatus();
}

std::vector<AdapterTls::Change> AdapterTls::contexts() const {
  std::vector<Change> all;
  for (const Entry& entry : entries_) all.push_back({entry.proxy, entry.context->context()});
  return all;
}

TimePoint AdapterTls::NextCheck() const {
  TimePoint next = TimePoint::max();
  for (const Entry& entry : entries_) next = std::min(next, entry.context->NextCheck());
  return next;
}

std::vector<AdapterTls::Change> AdapterTls::Check(bool all) {
  std::vector<Change> changed;
  for (const Entry& entry : entries_) {
    if (entry.context->Check(all)) changed.push_back({entry.proxy, entry.context->context()});
  }
  return changed;
}

void AdapterTls::LogTotals() const {
  for (const Entry& entry : entries_) entry.context->LogTotals();
}

}  // namespace penstock::app
