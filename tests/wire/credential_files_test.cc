// Certificate and key files that cannot be used, each refused by name and with its cure.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/wire/tls_context.h"
#include "tests/support/refusal.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

class CredentialFiles : public ::testing::Test {
 protected:
  template <class E>
  std::string complaint() const {
    return refusal<E>([&] { make_tls_context(own, TlsSide::kClient); });
  }
  TestPki pki;
  Credentials own = pki.credentials("client");
};

TEST_F(CredentialFiles, KeyThatOthersMayReadIsRefusedWithItsCure) {
  ::chmod(own.key.c_str(), 0644);
  const std::string text = complaint<PermissionError>();
  EXPECT_EQ(text, "the key " + own.key.string() +
                      " has mode 0644, so others may read it; run: chmod 600 " + own.key.string());
}

TEST_F(CredentialFiles, MissingFileIsNamed) {
  own.certificate = pki.folder() / "nobody.pem";
  EXPECT_EQ(complaint<IoError>(), "cannot read the certificate " + own.certificate.string());
  own = pki.credentials("client");
  own.ca = pki.folder() / "no-ca.pem";
  EXPECT_EQ(complaint<IoError>(), "cannot read the CA certificate " + own.ca.string());
  own = pki.credentials("client");
  own.key = pki.folder() / "nobody.key";
  EXPECT_EQ(complaint<IoError>(),
            "cannot read the key " + own.key.string() + ": No such file or directory");
}

TEST_F(CredentialFiles, FileThatIsNoPemIsNamed) {
  write_atomically(own.certificate, "garbage");
  EXPECT_NE(complaint<DataError>().find("the certificate " + own.certificate.string() +
                                        " cannot be used"),
            std::string::npos);
}

TEST_F(CredentialFiles, KeyOfAnotherCertificateIsRefused) {
  own.key = pki.credentials("server").key;
  EXPECT_NE(complaint<DataError>(), "");
}
}  // namespace
}  // namespace cleave::testing
