// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <utility>

namespace penstock::tls {

namespace {

struct NamesDelete {
  void operator()(GENERAL_NAMES* names) const { ::GENERAL_NAMES_free(names); }
};

// Nothing for what is no DNS name: with a zero byte inside, or not ASCII.
std::optional<std::string> DnsName(const ASN1_STRING* text) {
  std::string name(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(text)),
                   static_cast<std::size_t>(::ASN1_STRING_length(text)));
  for (char& c : name) {
    if (c <= ' ' || c > '~') return std::nullopt;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.empty()) return std::nullopt;
  return name;
}

std::vector<std::string> NamesOf(X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, NamesDelete> alternatives(static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* const one = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (one->type != GEN_DNS) continue;
    if (auto name = DnsName(one->d.dNSName)) names.push_back(std::move(*name));
  }
  if (!names.empty()) return names;
  X509_NAME* const subject = ::X509_get_subject_name(certificate);
  const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return names;
  auto name = DnsName(::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
  if (name) names.push_back(std::move(*name));
  return names;
}

// From `leaf` upwards, each the issuer of the one before: a store keeps them in any order.
Owned<STACK_OF(X509)> ChainOf(X509* leaf, STACK_OF(X509) * others) {
  Owned<STACK_OF(X509)> chain(sk_X509_new_null());
  X509* last = leaf;
  for (int left = sk_X509_num(others); left > 0; --left) {
    X509_NAME* const issuer = ::X509_get_issuer_name(last);
    if (::X509_NAME_cmp(issuer, ::X509_get_subject_name(last)) == 0) break;
    X509* found = nullptr;
    for (int i = 0; i < sk_X509_num(others) && found == nullptr; ++i) {
      X509* const other = sk_X509_value(others, i);
      if (::X509_NAME_cmp(issuer, ::X509_get_subject_name(other)) == 0) found = other;
    }
    if (found == nullptr) break;
    ::X509_up_ref(found);
    sk_X509_push(chain.get(), found);
    last = found;
  }
  return chain;
}

std::string TimeText(const ASN1_TIME* time) {
  std::tm parts{};
  if (::ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown day";
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

}  // namespace

StatusOr<Certificate> Certificate::Load(const CertificateFiles& files) {
  std::string why;
  bool encrypted = false;
  Certificate loaded;
  const Owned<BIO> file = OpenPem(files.certificate, &why);
  if (file == nullptr) return InvalidArgument(why + "; name a PEM file with a certificate");
  loaded.leaf_.reset(::PEM_read_bio_X509_AUX(file.get(), nullptr, RefusePassphrase, &encrypted));
  if (loaded.leaf_ == nullptr) {
    ::ERR_clear_error();
    return InvalidArgument("\"" + files.certificate +
                           "\" holds no certificate in PEM; it begins with -----BEGIN CERTIFICATE");
  }
  loaded.chain_.reset(sk_X509_new_null());
  while (X509* const next =
             ::PEM_read_bio_X509(file.get(), nullptr, RefusePassphrase, &encrypted)) {
    sk_X509_push(loaded.chain_.get(), next);
  }
  // The reader ends with "no start line" at the end of the file; anything else is a broken block.
  const unsigned long end = ::ERR_peek_last_error();
  ::ERR_clear_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return InvalidArgument("the chain in \"" + files.certificate + "\" cannot be read (" +
                           ReasonText(end) + ")");
  }
  const Owned<BIO> key_file = OpenPem(files.key, &why);
  if (key_file == nullptr) return InvalidArgument(why + "; name a PEM file with the private key");
  loaded.key_.reset(
      ::PEM_read_bio_PrivateKey(key_file.get(), nullptr, RefusePassphrase, &encrypted));
  ::ERR_clear_error();
  if (encrypted) {
    return InvalidArgument("the key in \"" + files.key +
                           "\" is encrypted; store it without a passphrase, readable by the " +
                           "server's user only");
  }
  if (loaded.key_ == nullptr) {
    return InvalidArgument("\"" + files.key +
                           "\" holds no private key in PEM; it begins with -----BEGIN PRIVATE KEY");
  }
  if (::X509_check_private_key(loaded.leaf_.get(), loaded.key_.get()) != 1) {
    ::ERR_clear_error();
    return InvalidArgument("the key in \"" + files.key + "\" does not belong to the certificate " +
                           "in \"" + files.certificate + "\"; name the one that it was made with");
  }
  loaded.names_ = NamesOf(loaded.leaf_.get());
  return loaded;
}

StatusOr<Certificate> Certificate::LoadStore(const Pkcs12Store& store) {
  StatusOr<Pkcs12Content> content = ReadPkcs12(store);
  if (!content.ok()) return content.status();
  if (content->leaf == nullptr || content->key == nullptr) {
    return InvalidArgument("\"" + store.file + "\" holds no certificate with its key; store both");
  }
  Certificate loaded;
  loaded.names_ = NamesOf(content->leaf.get());
  loaded.chain_ = ChainOf(content->leaf.get(), content->others.get());
  loaded.leaf_ = std::move(content->leaf);
  loaded.key_ = std::move(content->key);
  return loaded;
}

std::string Certificate::ExpiryText() const { return TimeText(::X509_get0_notAfter(leaf_.get())); }

std::optional<std::string> Certificate::TimeProblem(std::time_t now) const {
  if (::X509_cmp_time(::X509_get0_notAfter(leaf_.get()), &now) < 0) {
    return "has expired on " + ExpiryText();
  }
  if (::X509_cmp_time(::X509_get0_notBefore(leaf_.get()), &now) > 0) {
    return "is not valid before " + TimeText(::X509_get0_notBefore(leaf_.get()));
  }
  return std::nullopt;
}

}  // namespace penstock::tls
