#include "common/wire/pki.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <ctime>
#include <memory>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

template <class T, void (*Release)(T*)>
struct Releaser {
  void operator()(T* pointer) const { Release(pointer); }
};
template <class T, void (*Release)(T*)>
using Handle = std::unique_ptr<T, Releaser<T, Release>>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Handle<X509, X509_free>;

constexpr int kCaDays = 3650;
constexpr std::uint64_t kMaxPem = 1 << 20;

struct Issuer {
  X509* certificate;  // its own for a self-signed one
  EVP_PKEY* key;
};

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  CLEAVE_CHECK(key);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension) throw UsageError("cannot put \"" + value + "\" into a certificate");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Everything but the extensions and the signature.
Certificate new_certificate(const std::string& name, EVP_PKEY* key, X509* issuer, int days) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  unsigned char serial[16];
  CLEAVE_CHECK(RAND_bytes(serial, sizeof serial) == 1);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  // A minute back, for clocks that differ a little.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(issuer ? issuer : certificate.get()));
  return certificate;
}

template <class Write>
std::string to_pem(Write write) {
  const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  CLEAVE_CHECK(write(memory.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

void write_pair(const fs::path& folder, const std::string& name, X509* certificate, EVP_PKEY* key) {
  write_atomically(folder / (name + ".key"), to_pem([&](BIO* out) {
                     return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr,
                                                          nullptr);
                   }),
                   0600);
  write_atomically(folder / (name + ".pem"),
                   to_pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }));
}

template <class T, class Read>
T read_pem(const fs::path& path, Read read) {
  const std::string text = read_file(path, kMaxPem);
  const Handle<BIO, BIO_free_all> memory(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  T out(read(memory.get(), nullptr, nullptr, nullptr));
  if (!out) throw DataError(path.string() + " is not a PEM file of the expected kind");
  return out;
}

void check_name(const std::string& name) {
  const bool plain =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
  if (name.empty() || name.size() > 63 || !plain || name.front() == '-' || name.front() == '.') {
    throw UsageError("\"" + name +
                     "\" cannot be an id: use up to 63 of a-z, 0-9, '-' and '.', e.g. hospital-a");
  }
}

void check_host(const std::string& host) {
  const bool plain =
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") ==
      std::string::npos;
  if (host.empty() || host.size() > 253 || !plain) {
    throw UsageError("\"" + host +
                     "\" is not one host: expected a DNS name or an IP address, e.g. "
                     "server.example.org");
  }
}

std::string alternative_names(const std::string& name, const std::vector<std::string>& hosts) {
  std::string out = "DNS:" + name;
  for (const std::string& host : hosts) {
    check_host(host);
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(host, not_an_address);
    out += (not_an_address ? ",DNS:" : ",IP:") + host;
  }
  return out;
}

void refuse_existing(const fs::path& path) {
  if (fs::exists(path)) {
    throw UsageError(path.string() + " is there already; move it away or choose another name");
  }
}

}  // namespace

void pki_init(const fs::path& folder) {
  make_folder(folder);
  refuse_existing(folder / "ca.key");
  refuse_existing(folder / "ca.pem");
  const Key key = new_key();
  const Certificate ca = new_certificate("Cleave CA", key.get(), nullptr, kCaDays);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  CLEAVE_CHECK(X509_sign(ca.get(), key.get(), EVP_sha256()) > 0);
  write_pair(folder, "ca", ca.get(), key.get());
}

void pki_issue(const fs::path& folder, const std::string& name,
               const std::vector<std::string>& hosts, int days) {
  check_name(name);
  if (!fs::exists(folder / "ca.key")) {
    throw UsageError("no CA in " + folder.string() + "; run first: cleave pki init --dir " +
                     folder.string());
  }
  refuse_existing(folder / (name + ".pem"));
  refuse_existing(folder / (name + ".key"));
  const auto ca = read_pem<Certificate>(folder / "ca.pem", PEM_read_bio_X509);
  const auto ca_key = read_pem<Key>(folder / "ca.key", PEM_read_bio_PrivateKey);
  const Key key = new_key();
  const Certificate certificate = new_certificate(name, key.get(), ca.get(), days);
  X509* const raw = certificate.get();
  add_extension(raw, ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(raw, ca.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(raw, ca.get(), NID_ext_key_usage, hosts.empty() ? "clientAuth" : "serverAuth");
  add_extension(raw, ca.get(), NID_subject_alt_name, alternative_names(name, hosts));
  add_extension(raw, ca.get(), NID_authority_key_identifier, "keyid:always");
  CLEAVE_CHECK(X509_sign(raw, ca_key.get(), EVP_sha256()) > 0);
  write_pair(folder, name, raw, key.get());
}

}  // namespace cleave
