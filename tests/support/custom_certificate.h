// Certificates that `cleave pki` would not issue: other dates, names, purposes or signers.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "common/wire/tls_context.h"

namespace cleave::testing {

struct CustomCertificate {
  std::string names = "DNS:client";
  std::string purpose = "clientAuth";
  long from = -60, to = 3600;  // seconds from now
  bool self_signed = false;
};

inline std::shared_ptr<FILE> open_file(const std::filesystem::path& path, const char* how) {
  std::shared_ptr<FILE> file(std::fopen(path.c_str(), how), [](FILE* f) {
    if (f) std::fclose(f);
  });
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return file;
}

inline void extend(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Replaces NAME.pem, which `cleave pki` has issued in `folder`, by another certificate of its key.
inline void replace_certificate(const std::filesystem::path& folder, const std::string& name,
                                const CustomCertificate& custom) {
  const auto key_of = [&](const std::string& owner) {
    return std::shared_ptr<EVP_PKEY>(
        PEM_read_PrivateKey(open_file(folder / (owner + ".key"), "r").get(), nullptr, nullptr,
                            nullptr),
        EVP_PKEY_free);
  };
  const std::shared_ptr<X509> ca(
      PEM_read_X509(open_file(folder / "ca.pem", "r").get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509* const raw = certificate.get();
  const auto key = key_of(name), signer = key_of(custom.self_signed ? name : "ca");
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 4711);
  X509_gmtime_adj(X509_getm_notBefore(raw), custom.from);
  X509_gmtime_adj(X509_getm_notAfter(raw), custom.to);
  X509_set_pubkey(raw, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(custom.self_signed ? raw : ca.get()));
  extend(raw, NID_basic_constraints, "critical,CA:FALSE");
  extend(raw, NID_key_usage, "critical,digitalSignature");
  extend(raw, NID_ext_key_usage, custom.purpose);
  if (!custom.names.empty()) extend(raw, NID_subject_alt_name, custom.names);
  X509_sign(raw, signer.get(), EVP_sha256());
  PEM_write_X509(open_file(folder / (name + ".pem"), "w").get(), raw);
}

}  // namespace cleave::testing
