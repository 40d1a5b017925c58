// tuning.init = "state:FOLDER": a job begins as another one, or an adapter, ended.
#include <gtest/gtest.h>

#include "server/coordinator/run_folder.h"
#include "tests/peft/exported.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

Job goes_on(Job job, const fs::path& folder) {
  job.tuning.init = "state:" + folder.string();
  return job;
}

TEST(InitialState, IsTheRunsForEveryMethod) {
  for (const Placed& placed : every_method()) {
    SCOPED_TRACE(placed.method);
    const TemporaryFolder folder;
    const MethodCase c{placed.method, placed.places.front(), "bert", {1, 1}};
    JobInputs inputs = tiny_inputs(method_job(c), 4, 4);
    State state = inputs.parts.whole_initial().clone();
    stir(state);
    RunFolder::create(folder / "run", inputs.job).write_start(state);
    const JobInputs next = tiny_inputs(goes_on(inputs.job, folder / "run"), 4, 4);
    EXPECT_TRUE(equal(next.parts.whole_initial(), state));
  }
}

TEST(InitialState, IsTheAdapters) {
  const Trained trained(ExportCase{"lora", "bert"});
  const TemporaryFolder folder;
  write_adapter(trained.context(), trained.state, folder / "adapter");
  const JobInputs next = tiny_inputs(goes_on(trained.inputs.job, folder / "adapter"), 4, 4);
  EXPECT_TRUE(equal(next.parts.whole_initial(), trained.state));
}

TEST(InitialState, OfAnotherMeaningIsRefused) {
  const Trained trained(ExportCase{"lora", "bert"});
  const TemporaryFolder folder;
  RunFolder::create(folder / "run", trained.inputs.job).write_start(trained.state);
  const auto said = [&](const std::function<void(Job&)>& change) {
    Job job = goes_on(trained.inputs.job, folder / "run");
    change(job);
    return refusal([&] { tiny_inputs(job, 4, 4); });
  };
  EXPECT_EQ(said([](Job&) {}), "");
  EXPECT_NE(said([](Job& job) { job.tuning.alpha = 3; }).find("scale"), std::string::npos);
  EXPECT_NE(said([](Job& job) { job.tuning.method = "ia3"; }).find("tuning.method"),
            std::string::npos);
  EXPECT_NE(said([](Job& job) {
              job.data.labels = {"a", "b", "c"};
            }).find("tail.classifier"),
            std::string::npos);
  EXPECT_NE(said([&](Job& job) {
              job.tuning.init = "state:" + folder.path().string();
            }).find("neither a run"),
            std::string::npos);
}

TEST(InitialState, DoesNotLeaveTheServer) {
  Job job = tiny_job();
  job.tuning.init = "state:/secret/place";
  EXPECT_EQ(shared_job_toml(job).find("/secret"), std::string::npos);
  EXPECT_NE(job_toml(job).find("/secret/place"), std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
