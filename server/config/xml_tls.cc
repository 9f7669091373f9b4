// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/xml_tls.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/parse_number.h"
#include "config/checks.h"
#include "config/files.h"
#include "config/patterns.h"
#include "config/suggest.h"

namespace penstock::config {
namespace {

using Param = XmlParams::Param;
using Note = std::function<void(const Param&, std::string_view)>;

constexpr std::string_view kPrefix = "tls.";
constexpr std::string_view kProtocols[] = {"SSLv2Hello", "SSLv3",   "TLSv1",
                                           "TLSv1.1",    "TLSv1.2", "TLSv1.3"};

// One load of the `tls` parameters of one proxy.
class TlsReader {
 public:
  TlsReader(XmlParams* params, const std::string& file, ProxySettings* proxy, const Note& note,
            Problems* problems)
      : params_(params), file_(file), proxy_(proxy), note_(note), problems_(problems) {}

  void Read() {
    const Param* const param = params_->Take("tls");
    bool on = false;
    if (param != nullptr) ReadFlag(*param, &on);
    if (!on) return;
    tls_ = &proxy_->tls.emplace();
    tls_->place = param->place;
    ReadStores();
    ReadFlags();
    ReadProtocols();
    ReadCiphers();
    RefuseRest();
    CheckAdapterTls(*proxy_, NameOf, problems_);
  }

 private:
  bool dials() const { return !proxy_->remote_host.empty(); }

  // The parameter of that key of TOML.
  static std::string NameOf(std::string_view key) {
    constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"certificate_file", "tls.keystore.keystore_file"},
        {"keystore_file", "tls.keystore.keystore_file"},
        {"force_client_auth", "tls.force_client_auth"},
        {"min_version", "tls.allow_protocol"}};
    for (const auto& [toml, xml] : kNames) {
      if (toml == key) return std::string(xml);
    }
    return "tls." + std::string(key);
  }

  void ReadFlag(const Param& param, bool* value) {
    if (SameName(param.value, "Y") || SameName(param.value, "N")) {
      *value = SameName(param.value, "Y");
    } else {
      problems_->Add(param.place, param.name, "\"" + param.value + "\" is no choice; write Y or N");
    }
  }

  bool TakeFlag(std::string_view name) {
    const Param* const param = params_->Take(name);
    bool value = false;
    if (param != nullptr) ReadFlag(*param, &value);
    return value;
  }

  void ReadStores() {
    ReadStore("tls.keystore.", "keystore", &tls_->keystore_file, &tls_->keystore_password,
              &tls_->keystore_password_file);
    ReadStore("tls.truststore.", "truststore", &tls_->truststore_file, &tls_->truststore_password,
              &tls_->truststore_password_file);
  }

  void ReadStore(const std::string& prefix, const std::string& what, std::string* store,
                 std::string* password, std::string* password_file) {
    const Param* const type = params_->Take(prefix + "type");
    const Param* const file = params_->Take(prefix + what + "_file");
    const Param* const secret = params_->Take(prefix + what + "_password");
    const Param* const kind = params_->Take(prefix + what + "_password.type");
    // A file of type JKS may be PKCS12 all the same, as Java writes and reads it since 9; whoever
    // reads it tells.
    if (type != nullptr && !SameName(type->value, "PKCS12") && !SameName(type->value, "JKS")) {
      problems_->Add(type->place, type->name,
                     "\"" + type->value +
                         "\" is nothing that this server reads; export it to a "
                         "file and write PKCS12");
    }
    if (file != nullptr) *store = ResolvePath(file->value, file_);
    if (secret == nullptr) return;
    if (kind == nullptr || SameName(kind->value, "text")) {
      *password = secret->value;
    } else if (SameName(kind->value, "file")) {
      *password_file = ResolvePath(secret->value, file_);
    } else {
      problems_->Add(kind->place, kind->name,
                     "\"" + kind->value + "\" is no choice; write text or file");
    }
  }

  void ReadFlags() {
    constexpr std::string_view kForce = "tls.force_client_auth";
    constexpr std::string_view kPreference = "tls.enforce_server_cipher_suite_preference";
    constexpr std::string_view kOrder = "tls.enforce_server_cipher_suite_preference.order";
    tls_->skip_hostname_check = TakeFlag("tls.skip_hostname_check");
    if (dials()) {
      for (const std::string_view name : {kForce, kPreference, kOrder}) {
        if (const Param* const param = params_->Take(name)) {
          note_(*param, "is ignored with remote_host: whom the server dials decides it");
        }
      }
      return;
    }
    if (tls_->skip_hostname_check) {
      tls_->skip_hostname_check = false;
      note_(*params_->Take("tls.skip_hostname_check"), "means nothing without remote_host");
    }
    tls_->force_client_auth = TakeFlag(kForce);
    if (tls_->has_authorities() && !tls_->force_client_auth) {
      note_(*params_->Take("tls.truststore.truststore_file"),
            "means nothing, because tls.force_client_auth is not Y");
    }
    tls_->prefer_server_ciphers = TakeFlag(kPreference);
    const Param* const order = params_->Take(kOrder);
    if (order == nullptr || SameName(order->value, "config")) return;
    if (SameName(order->value, "JVM")) {
      note_(*order, "there is no JVM here; the order is that of tls.allow_cipher_suite");
    } else {
      problems_->Add(order->place, order->name,
                     "\"" + order->value + "\" is no choice; write config or JVM");
    }
  }

  // "<name>.1", "<name>.2": by their numbers, those without one behind.
  std::vector<const Param*> TakeList(const std::string& name) {
    std::vector<std::pair<unsigned, const Param*>> found;
    for (Param& param : params_->all()) {
      const std::string lower = Lower(param.name);
      if (!lower.starts_with(name + ".") && lower != name) continue;
      param.taken = true;
      if (param.value.empty()) continue;
      const std::string_view suffix =
          std::string_view(lower).substr(std::min(name.size() + 1, lower.size()));
      found.emplace_back(ParseNumber<unsigned>(suffix).value_or(~0U), &param);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<const Param*> list;
    for (const auto& [number, param] : found) list.push_back(param);
    return list;
  }

  void ReadProtocols() {
    const std::vector<const Param*> allowed = TakeList("tls.allow_protocol");
    const std::vector<const Param*> removed = TakeList("tls.remove_protocols");
    std::vector<std::string_view> left;
    for (const Param* const param : allowed) {
      const auto known = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                      [&](auto name) { return SameName(name, param->value); });
      if (known == std::end(kProtocols)) {
        problems_->Add(param->place, param->name,
                       "\"" + param->value + "\" is no protocol; write TLSv1.2 or TLSv1.3");
      } else {
        left.push_back(*known);
        if (*known < "TLSv1.2") note_(*param, "is too old for this server, and left out");
      }
    }
    if (allowed.empty()) left.assign(std::begin(kProtocols), std::end(kProtocols));
    for (const Param* const param : removed) {
      if (!IsPattern(*param)) continue;
      std::erase_if(left, [&](std::string_view name) { return AnyFound({param->value}, name); });
    }
    const auto has = [&left](std::string_view name) {
      return std::find(left.begin(), left.end(), name) != left.end();
    };
    if (!has("TLSv1.2") && !has("TLSv1.3")) {
      const Param* const last = !removed.empty() ? removed.back() : allowed.back();
      problems_->Add(last->place, last->name,
                     "leaves nothing that this server speaks; leave it TLSv1.2 or TLSv1.3");
      return;
    }
    if (!has("TLSv1.2")) tls_->min_version = TlsVersion::k13;
    if (!has("TLSv1.3")) tls_->max_version = TlsVersion::k12;
  }

  void ReadCiphers() {
    for (const Param* const param : TakeList("tls.allow_cipher_suite")) {
      tls_->allow_cipher_suites.push_back(param->value);
    }
    for (const Param* const param : TakeList("tls.remove_cipher_suites")) {
      if (IsPattern(*param)) tls_->remove_cipher_suites.push_back(param->value);
    }
  }

  bool IsPattern(const Param& param) {
    const std::string wrong = CheckPattern(param.value);
    if (!wrong.empty()) problems_->Add(param.place, param.name, wrong);
    return wrong.empty();
  }

  // It may be what was to protect the connection.
  void RefuseRest() {
    constexpr std::string_view kKnown[] = {"tls.keystore.type",
                                           "tls.keystore.keystore_file",
                                           "tls.keystore.keystore_password",
                                           "tls.keystore.keystore_password.type",
                                           "tls.truststore.type",
                                           "tls.truststore.truststore_file",
                                           "tls.truststore.truststore_password",
                                           "tls.truststore.truststore_password.type",
                                           "tls.force_client_auth",
                                           "tls.skip_hostname_check",
                                           "tls.allow_protocol.1",
                                           "tls.remove_protocols.1",
                                           "tls.allow_cipher_suite.1",
                                           "tls.remove_cipher_suites.1",
                                           "tls.enforce_server_cipher_suite_preference"};
    for (Param& param : params_->all()) {
      if (param.taken || !Lower(param.name).starts_with(kPrefix)) continue;
      param.taken = true;
      std::string text = "is no parameter of TLS; remove it";
      const std::string_view nearest =
          Nearest(Lower(param.name), {std::begin(kKnown), std::end(kKnown)});
      if (!nearest.empty()) text += ", or did you mean " + std::string(nearest) + "?";
      problems_->Add(param.place, param.name, text);
    }
  }

  XmlParams* params_;
  const std::string& file_;
  ProxySettings* proxy_;
  AdapterTls* tls_ = nullptr;
  const Note& note_;
  Problems* problems_;
};

}  // namespace

void ReadXmlTls(XmlParams* params, const std::string& file, ProxySettings* proxy, const Note& note,
                Problems* problems) {
  TlsReader(params, file, proxy, note, problems).Read();
}

}  // namespace penstock::config
