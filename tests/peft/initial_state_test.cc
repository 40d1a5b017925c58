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

TEST(InitialState, OfATaskWithOtherClassesLendsAllButItsTail) {
  const Trained trained(ExportCase{"prompt", "bert"});
  const TemporaryFolder folder;
  RunFolder::create(folder / "run", trained.inputs.job).write_start(trained.state);
  Job job = goes_on(trained.inputs.job, folder / "run");
  job.data.labels = {"a", "b", "c"};
  const State begun = tiny_inputs(job, 4, 4).parts.whole_initial();
  EXPECT_TRUE(at::equal(begun.at("prompt"), trained.state.at("prompt")));
  EXPECT_EQ(begun.at("tail.classifier.weight").size(0), 3);
}

TEST(InitialState, OfLoraBeginsRulesThatAddToTheBaseWithTheBaseAsItIs) {
  const Trained trained(ExportCase{"lora", "bert"});
  const TemporaryFolder folder;
  write_adapter(trained.context(), trained.state, folder / "adapter");
  for (const char* rule : {"stacking", "residual"}) {
    Job job = goes_on(trained.inputs.job, folder / "adapter");
    job.federation.aggregation = rule;
    const State begun = tiny_inputs(job, 4, 4).parts.whole_initial();
    for (const auto& [name, tensor] : begun.tensors) {
      if (trained.state.has(name)) {
        EXPECT_TRUE(at::equal(tensor, trained.state.at(name))) << name;
      } else {
        EXPECT_EQ(name.substr(name.rfind('.')), ".base");
        EXPECT_EQ(tensor.count_nonzero().item<std::int64_t>(), 0) << name;
      }
    }
    EXPECT_GT(begun.tensors.size(), trained.state.tensors.size());
  }
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
  EXPECT_NE(said([](Job& job) { job.cut.tail = 1; }).find("tail.encoder"), std::string::npos);
  EXPECT_NE(said([&](Job& job) {
              job.tuning.init = "state:" + folder.path().string();
            }).find("neither a run"),
            std::string::npos);
}

// What going on from a run of the method says after a change of the job.
std::string going_on(const std::string& method, const std::function<void(Job&)>& change) {
  const TemporaryFolder folder;
  JobInputs inputs = tiny_inputs(method_job({method, "input", "bert", {1, 1}}), 4, 4);
  RunFolder::create(folder / "run", inputs.job).write_start(inputs.parts.whole_initial());
  Job job = goes_on(inputs.job, folder / "run");
  change(job);
  return refusal([&] { tiny_inputs(job, 4, 4); });
}

void expect_said(const std::string& said, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(said.find(part), std::string::npos) << "no " << part << " in " << said;
  }
}

TEST(InitialState, ForAnotherPoolIsRefused) {
  expect_said(going_on("lora", [](Job& job) { job.cut.pool = "pooler"; }),
              {"cut.pool = \"mean\"", "\"pooler\" here", "set cut.pool"});
}

TEST(InitialState, ForAnotherNumberOfClassesHasAPoolOfItsOwn) {
  EXPECT_EQ(going_on("lora",
                     [](Job& job) {
                       job.data.labels = {"a", "b", "c"};
                       job.cut.pool = "cls";
                     }),
            "");
}

TEST(InitialState, BesideOtherFrozenMatricesIsRefused) {
  const auto other_seed = [](Job& job) { job.seeds.init = 9; };
  for (const char* method : {"ulpt", "vera"}) {
    expect_said(going_on(method, other_seed), {"seeds.init = 1", "9 here", "set seeds.init"});
  }
  EXPECT_EQ(going_on("lora", other_seed), "");
}

TEST(InitialState, OfOffsetsAtAnotherScaleIsRefused) {
  for (const char* method : {"ept_style", "dept"}) {
    expect_said(going_on(method, [](Job& job) { job.tuning.alpha = 3; }), {"alpha"});
  }
  expect_said(going_on("ept_style", [](Job& job) { job.tuning.alpha = 3; }),
              {"tuning.alpha = 0", "3 here"});
  EXPECT_EQ(going_on("ept_style", [](Job& job) { job.tuning.alpha = 8; }), "");  // the default
}

TEST(InitialState, OfClassesInAnotherOrderIsRefused) {
  expect_said(going_on("lora",
                       [](Job& job) {
                         job.data.labels = {"yes", "no"};
                       }),
              {R"(data.labels = ["no", "yes"])", R"(["yes", "no"] here)"});
  EXPECT_EQ(going_on("lora", [](Job& job) { job.data.labels = {"bad", "good"}; }), "");
}

TEST(InitialState, DoesNotLeaveTheServer) {
  Job job = tiny_job();
  job.tuning.init = "state:/secret/place";
  EXPECT_EQ(shared_job_toml(job).find("/secret"), std::string::npos);
  EXPECT_NE(job_toml(job).find("/secret/place"), std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
