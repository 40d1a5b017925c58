// Reading names and times out of X.509 certificates, as text. It verifies nothing.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

namespace cleave {

// DNS names and IP addresses among the subject alternative names, in order.
std::vector<std::string> subject_names(X509* certificate);
std::string issuer_name(X509* certificate);
std::string asn1_time(const ASN1_TIME* time);
std::string join_names(const std::vector<std::string>& names);

}  // namespace cleave
