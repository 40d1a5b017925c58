// The small certificate authority: what it writes, and what it refuses.
#include "common/wire/pki.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/base/files.h"
#include "common/wire/tls_context.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;

unsigned mode(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Pki, KeysAreReadableByTheirOwnerOnlyWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const TemporaryFolder folder;
  pki_init(folder.path());
  pki_issue(folder.path(), "hospital-a", {});
  ::umask(before);
  EXPECT_EQ(mode(folder / "ca.key"), 0600u);
  EXPECT_EQ(mode(folder / "hospital-a.key"), 0600u);
  EXPECT_EQ(mode(folder / "hospital-a.pem"), 0644u);
}

TEST(Pki, IssuedPairMakesATlsContextThatCarriesItsName) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  pki_issue(folder.path(), "hospital-a", {});
  auto context = make_tls_context(
      {folder / "hospital-a.pem", folder / "hospital-a.key", folder / "ca.pem"}, TlsSide::kClient);
  EXPECT_EQ(own_identity(context), "hospital-a");
}

TEST(Pki, InitRefusesToOverwriteACa) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  const std::string key = read_file(folder / "ca.key", 1 << 20);
  const std::string text = refusal<UsageError>([&] { pki_init(folder.path()); });
  EXPECT_TRUE(contains(text, "ca.key is there already")) << text;
  EXPECT_EQ(read_file(folder / "ca.key", 1 << 20), key);
}

TEST(Pki, IssueRefusesToOverwriteACertificate) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  pki_issue(folder.path(), "server", {"localhost"});
  const std::string key = read_file(folder / "server.key", 1 << 20);
  const std::string text = refusal<UsageError>([&] { pki_issue(folder.path(), "server", {}); });
  EXPECT_TRUE(contains(text, "server.pem is there already")) << text;
  EXPECT_EQ(read_file(folder / "server.key", 1 << 20), key);
}

TEST(Pki, IssueWithoutACaSaysHowToMakeOne) {
  const TemporaryFolder folder;
  const std::string text = refusal<UsageError>([&] { pki_issue(folder.path(), "a", {}); });
  EXPECT_TRUE(contains(text, "run first: cleave pki init --dir")) << text;
}

TEST(Pki, NameThatIsNoIdIsRefusedAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  for (const std::string name : {"", "-x", ".", "../x", "A", "a b", "a,DNS:server", "ca"}) {
    const std::string text = refusal<UsageError>([&] { pki_issue(folder.path(), name, {}); });
    EXPECT_NE(text, "") << name;
  }
  EXPECT_NE(refusal<UsageError>([&] { pki_issue(folder.path(), std::string(64, 'a'), {}); }), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
}

TEST(Pki, HostThatWouldSmuggleInASecondNameIsRefused) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  const std::string text = refusal<UsageError>(
      [&] { pki_issue(folder.path(), "server", {"localhost,DNS:bank.example"}); });
  EXPECT_TRUE(contains(text, "is not one host")) << text;
}

TEST(Pki, DamagedCaIsAnErrorThatNamesTheFile) {
  const TemporaryFolder folder;
  pki_init(folder.path());
  write_atomically(folder / "ca.pem", "not a certificate");
  const std::string text = refusal<DataError>([&] { pki_issue(folder.path(), "a", {}); });
  EXPECT_TRUE(contains(text, "ca.pem is not a PEM file")) << text;
}

}  // namespace
}  // namespace cleave
