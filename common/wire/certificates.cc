#include "common/wire/certificates.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace cleave {
namespace {

std::string to_text(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) {
    const unsigned char* data = ASN1_STRING_get0_data(name->d.dNSName);
    const std::string text(reinterpret_cast<const char*>(data),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    // A name that cannot be shown as it is could pass for another; it is none.
    const auto shown = [](char c) { return c > 0x20 && c < 0x7f; };
    return std::all_of(text.begin(), text.end(), shown) ? text : std::string();
  }
  if (name->type == GEN_IPADD) {
    const int length = ASN1_STRING_length(name->d.iPAddress);
    const unsigned char* data = ASN1_STRING_get0_data(name->d.iPAddress);
    char text[INET6_ADDRSTRLEN];
    if ((length == 4 || length == 16) &&
        inet_ntop(length == 4 ? AF_INET : AF_INET6, data, text, sizeof text)) {
      return text;
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> subject_names(X509* certificate) {
  std::vector<std::string> out;
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names); ++i) {
    std::string text = to_text(sk_GENERAL_NAME_value(names, i));
    if (!text.empty()) out.push_back(std::move(text));
  }
  GENERAL_NAMES_free(names);
  return out;
}

std::string issuer_name(X509* certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_issuer_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

std::string asn1_time(const ASN1_TIME* time) {
  std::tm utc{};
  char text[32] = "?";
  if (ASN1_TIME_to_tm(time, &utc) == 1) {
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
  }
  return text;
}

std::string join_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace cleave
