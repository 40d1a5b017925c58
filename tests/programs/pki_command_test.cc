// cleave pki: the walk, and the names that it refuses.
#include <sys/stat.h>

#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST(PkiCommand, MakesAnAuthorityAndCertificatesWhoseKeysAreTheirOwners) {
  const Workplace here;
  expect_refused(here.cleave({"pki", "issue", "--dir", "pki", "--name", "a"}), 2,
                 {"no CA in pki", "cleave pki init --dir pki"});
  EXPECT_EQ(here.cleave({"pki", "init", "--dir", "pki"}).code, 0);
  const Finished issued = here.cleave({"pki", "issue", "--dir", "pki", "--name", "hospital-a"});
  EXPECT_EQ(issued.code, 0) << issued.err;
  EXPECT_EQ(issued.out, "pki/hospital-a.pem\npki/hospital-a.key\n");
  EXPECT_EQ(mode_of(here.path("pki/ca.key")), 0600u);
  EXPECT_EQ(mode_of(here.path("pki/hospital-a.key")), 0600u);
  const std::string key = here.read("pki/hospital-a.key");
  expect_refused(here.cleave({"pki", "init", "--dir", "pki"}), 2, {"ca.key is there already"});
  expect_refused(here.cleave({"pki", "issue", "--dir", "pki", "--name", "hospital-a"}), 2,
                 {"hospital-a.pem is there already"});
  EXPECT_EQ(here.read("pki/hospital-a.key"), key);
}

TEST(PkiCommand, NamesAndHostsThatAreNoneAreRefused) {
  const Workplace here;
  here.cleave({"pki", "init", "--dir", "pki"});
  for (const char* name : {"", "a/b"}) {
    expect_refused(here.cleave({"pki", "issue", "--dir", "pki", "--name", name}), 2,
                   {"cannot be an id", "hospital-a"});
  }
  for (const char* host : {"", "a b"}) {
    expect_refused(here.cleave({"pki", "issue", "--dir", "pki", "--name", "s", "--host", host}), 2,
                   {"is not one host"});
  }
  EXPECT_FALSE(fs::exists(here.path("pki/s.pem")));
}

}  // namespace
}  // namespace cleave::testing
