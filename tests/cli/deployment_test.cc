#include "cli/quickstart/deployment.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

TEST(Deployment, TakesTheBackboneThatIsInstalledWithThePrograms) {
  const TemporaryFolder prefix;
  const fs::path installed = prefix / "share/cleave/quickstart";
  make_folder(prefix / "bin");
  make_folder(installed);
  write_atomically(installed / "model.safetensors", "");
  EXPECT_EQ(quickstart_backbone(prefix / "bin"), installed);
}

TEST(Deployment, TakesTheSourceTreesBackboneWhereNoneIsInstalled) {
  const TemporaryFolder prefix;
  EXPECT_EQ(quickstart_backbone(prefix.path()), fs::path(CLEAVE_SOURCE_DIR) / "assets/quickstart");
}

TEST(Deployment, LaysOutWhatAServerAndFourClientsNeed) {
  const TemporaryFolder folder;
  const Deployment deployment =
      make_deployment(folder / "d", {"federation.rounds=3"}, quickstart_backbone(folder.path()));
  write_client_files(deployment, "127.0.0.1:7443");
  const Job job = deployment.job().job;
  EXPECT_EQ(job.federation.rounds, 3);
  EXPECT_EQ(job.server.roster.size(), kQuickstartClients);
  for (std::size_t k = 0; k < kQuickstartClients; ++k) {
    EXPECT_EQ(job.server.roster[k], quickstart_client(k));
    EXPECT_TRUE(fs::exists(deployment.path(quickstart_client(k) + ".toml")));
    EXPECT_TRUE(fs::exists(deployment.data(k)));
    EXPECT_TRUE(fs::exists(deployment.dev_data(k)));
  }
}

}  // namespace
}  // namespace cleave::testing
