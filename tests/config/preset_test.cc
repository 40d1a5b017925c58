// The preset sets exactly the keys that its definition lists, each with where it comes from.
#include "common/config/preset.h"

#include <gtest/gtest.h>

#include <map>

#include "common/config/job.h"

namespace cleave {
namespace {

TEST(Preset, SfpromptReconstructedSetsExactlyItsKeys) {
  Job before, after;
  apply_preset("sfprompt-reconstructed", bind(after));
  // Values that equal the default must be set too: start from others.
  before.phases = after.phases;
  after.phases.bypass_epochs = after.phases.split_epochs = after.phases.prune_from_round = 77;
  after.phases.keep = 0.77;
  after.phases.score = after.phases.selection = "other";
  apply_preset("sfprompt-reconstructed", bind(after));
  EXPECT_EQ(job_toml(before), job_toml(after));

  EXPECT_EQ(after.phases.bypass_epochs, 10);
  EXPECT_EQ(after.phases.keep, 0.5);
  EXPECT_EQ(after.phases.score, "el2n");
  EXPECT_EQ(after.phases.selection, "global");
  EXPECT_EQ(after.phases.prune_from_round, 1);
  EXPECT_EQ(after.phases.split_epochs, 1);

  Job rest = after;
  rest.phases = Job{}.phases;
  EXPECT_EQ(job_toml(rest), job_toml(Job{})) << "a key outside the list was set";
  EXPECT_EQ(after.phases.bypass_data, Job{}.phases.bypass_data);
  EXPECT_EQ(after.phases.score_prompt, Job{}.phases.score_prompt);
  EXPECT_EQ(after.phases.rescore, Job{}.phases.rescore);
}

TEST(Preset, EveryKeyItSetsIsPrintedWithItsProvenance) {
  const LoadedJob loaded = parse_job("preset = \"sfprompt-reconstructed\"\n", "job.toml", ".", {});
  const std::map<std::string, std::string> provenance = {
      {"phases.bypass_epochs = 10", "(unofficial code)"},
      {"phases.keep = 0.5", "(unofficial code)"},
      {"phases.score = el2n", "(paper)"},
      {"phases.selection = global", "paper)"},
      {"phases.prune_from_round = 1", "(our choice"},
      {"phases.split_epochs = 1", "(derived"}};
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < loaded.notes.size(); ++lines) {
    const std::size_t end = loaded.notes.find('\n', begin);
    const std::string line = loaded.notes.substr(begin, end - begin);
    begin = end + 1;
    bool known = false;
    for (const auto& [setting, source] : provenance) {
      known |= line.find(setting) != std::string::npos && line.find(source) != std::string::npos;
    }
    EXPECT_TRUE(known) << line;
  }
  EXPECT_EQ(lines, provenance.size());
}

}  // namespace
}  // namespace cleave
