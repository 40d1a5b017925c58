#include "common/wire/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <ctime>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/wire/certificates.h"

namespace cleave {
namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr unsigned char kAlpn[] = {8, 'c', 'l', 'e', 'a', 'v', 'e', '/', '1'};

constexpr char kOtherProtocol[] =
    "the peer speaks TLS but not Cleave (no \"cleave/1\" in its protocols)";

// A key that others can read is no key.
void check_key_mode(const fs::path& key) {
  struct stat info {};
  if (::stat(key.c_str(), &info) != 0) {
    throw IoError("cannot read the key " + key.string() + ": " + errno_text());
  }
  if (info.st_mode & 0077) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", info.st_mode & 07777);
    throw PermissionError("the key " + key.string() + " has mode " + mode +
                          ", so others may read it; run: chmod 600 " + key.string());
  }
}

void load(const error_code& error, const char* what, const fs::path& path) {
  if (!error) return;
  if (!fs::exists(path))
    throw IoError("cannot read the " + std::string(what) + " " + path.string());
  throw DataError("the " + std::string(what) + " " + path.string() + " cannot be used: " +
                  error.message() + "; make a new one with: cleave pki issue");
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned in_length, void*) {
  const int result = SSL_select_next_proto(const_cast<unsigned char**>(out), out_length, kAlpn,
                                           sizeof kAlpn, in, in_length);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string own_time() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
  return text;
}

std::string clock_message(X509* certificate) {
  std::string valid;
  if (certificate) {
    valid = "is valid from " + asn1_time(X509_get0_notBefore(certificate)) + " to " +
            asn1_time(X509_get0_notAfter(certificate));
  }
  return "clock skew or an expired certificate: the peer's certificate " + valid +
         ", this machine's clock says " + own_time() + "; set the clock or issue a new certificate";
}

// Where an SSL keeps the certificate that its verification has refused: OpenSSL forgets it.
int refused_index() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                           [](void*, void* certificate, CRYPTO_EX_DATA*, int, long, void*) {
                             X509_free(static_cast<X509*>(certificate));
                           });
  return index;
}

bool remember_refused(bool accepted, ssl::verify_context& context) {
  if (accepted) return true;
  X509_STORE_CTX* const store = context.native_handle();
  auto* const handle =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  if (certificate && !SSL_get_ex_data(handle, refused_index())) {
    X509_up_ref(certificate);
    SSL_set_ex_data(handle, refused_index(), certificate);
  }
  return false;
}

std::string verify_message(SSL* handle, long result, const std::string& dialled) {
  auto* const certificate = static_cast<X509*>(SSL_get_ex_data(handle, refused_index()));
  switch (result) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return clock_message(certificate);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "name mismatch: dialled " + dialled + ", but the server's certificate is for " +
             (certificate ? join_names(subject_names(certificate)) : "nobody") +
             "; dial one of these, or issue one with: cleave pki issue --host " + dialled;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "wrong CA: the peer's certificate was not signed by the CA in our ca file" +
             (certificate ? " but by \"" + issuer_name(certificate) + "\"" : std::string()) +
             "; both sides need the same ca.pem";
    case X509_V_ERR_INVALID_PURPOSE:
      return "wrong kind of certificate: a server needs one issued with --host, a client one "
             "issued without";
    default:
      return std::string("certificate refused: ") + X509_verify_cert_error_string(result);
  }
}

// What the alert that the peer sent says about our own certificate or clock.
std::string alert_message(int reason) {
  switch (reason) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "wrong CA: the peer does not know the CA that signed our certificate; both sides need "
             "the same ca.pem";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "clock skew or an expired certificate: the peer finds our certificate out of date; "
             "this machine's clock says " +
             own_time();
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return "the peer refused our certificate; if it was just issued, the clocks may differ: this "
             "machine's clock says " +
             own_time();
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "no certificate: both sides must present one";
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return "wrong kind of certificate: a server needs one issued with --host, a client one "
             "issued without";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "the peer does not speak TLS (a plain-text peer?)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "TLS 1.3 is required on both sides";
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return kOtherProtocol;
    default:
      return {};
  }
}

}  // namespace

ssl::context make_tls_context(const Credentials& credentials, TlsSide side) {
  check_key_mode(credentials.key);
  ssl::context context(side == TlsSide::kServer ? ssl::context::tls_server
                                                : ssl::context::tls_client);
  SSL_CTX* const raw = context.native_handle();
  CLEAVE_CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1);
  // One connection a job: tickets would only add bytes that no formula predicts.
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  if (side == TlsSide::kServer) {
    SSL_CTX_set_alpn_select_cb(raw, select_alpn, nullptr);
  } else {
    SSL_CTX_set_alpn_protos(raw, kAlpn, sizeof kAlpn);
  }
  for (const fs::path* file : {&credentials.ca, &credentials.certificate, &credentials.key}) {
    if (fs::exists(*file)) require_file(*file);
  }
  error_code error;
  context.load_verify_file(credentials.ca.string(), error);
  load(error, "CA certificate", credentials.ca);
  context.use_certificate_chain_file(credentials.certificate.string(), error);
  load(error, "certificate", credentials.certificate);
  context.use_private_key_file(credentials.key.string(), ssl::context::pem, error);
  const auto reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  if (error.category() == asio::error::get_ssl_category() && reason == X509_R_KEY_VALUES_MISMATCH) {
    throw DataError("the key " + credentials.key.string() + " does not belong to the certificate " +
                    credentials.certificate.string());
  }
  load(error, "key", credentials.key);
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  context.set_verify_callback(remember_refused);
  return context;
}

void expect_host(TlsStream& stream, const std::string& host) {
  SSL* const handle = stream.native_handle();
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(handle);
  if (not_an_address) {
    CLEAVE_CHECK(SSL_set_tlsext_host_name(handle, host.c_str()) == 1);
    CLEAVE_CHECK(X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1);
  } else {
    CLEAVE_CHECK(X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1);
  }
}

void check_protocol(TlsStream& stream) {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(stream.native_handle(), &name, &length);
  if (length == 0) throw PermissionError(kOtherProtocol);
}

std::string own_identity(ssl::context& context) {
  const std::vector<std::string> names =
      subject_names(SSL_CTX_get0_certificate(context.native_handle()));
  if (names.empty()) {
    throw PermissionError(
        "our own certificate carries no subject alternative name; issue one with: "
        "cleave pki issue");
  }
  return names.front();
}

std::string peer_identity(TlsStream& stream, TlsSide own_side) {
  X509* const certificate = SSL_get0_peer_certificate(stream.native_handle());
  CLEAVE_CHECK(certificate);  // verify_fail_if_no_peer_cert
  const std::vector<std::string> names = subject_names(certificate);
  if (names.empty()) {
    throw PermissionError("the peer's certificate carries no subject alternative name");
  }
  if (own_side == TlsSide::kServer && names.size() > 1) {
    throw PermissionError("a client's certificate must carry one name, this one has " +
                          join_names(names));
  }
  return names.front();
}

std::string describe_tls_error(TlsStream& stream, const error_code& error,
                               const std::string& dialled) {
  SSL* const handle = stream.native_handle();
  if (const long result = SSL_get_verify_result(handle); result != X509_V_OK) {
    return verify_message(handle, result, dialled);
  }
  if (error.category() == asio::error::get_ssl_category()) {
    const std::string text =
        alert_message(ERR_GET_REASON(static_cast<unsigned long>(error.value())));
    if (!text.empty()) return text;
  }
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == asio::error::connection_reset) {
    return "the peer closed the connection";
  }
  return error.message();
}

}  // namespace cleave
