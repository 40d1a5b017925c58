// Law 1 with the read-outs of task classes: the split step is the unsplit one, bit for bit.
#include <gtest/gtest.h>

#include "common/model/threads.h"
#include "simulation/whole_model.h"
#include "tests/support/method_case.h"
#include "tests/support/unsplit.h"

namespace cleave::testing {
namespace {

TEST(TaskClassSplit, GivesTheUnsplitLossGradientsAndStateOverThreeSteps) {
  use_one_blas_thread();
  for (const char* model : {"bert", "roberta", "gpt2", "llama", "vit"}) {
    SCOPED_TRACE(model);
    Job job = method_job({"lora", "any", model, {1, 0}});
    job.cut.pool = "pooler";
    JobInputs inputs = tiny_inputs(job);
    for (Example& example : inputs.train.examples) fit(example, inputs.parts.config);
    Unsplit whole(inputs);
    WholeModel split(inputs.parts, inputs.job, inputs.parts.whole_initial());
    for (std::uint32_t step = 0; step < 3; ++step) {
      Batch batch;
      for (std::uint32_t i = 0; i < 4; ++i) batch.push_back(&inputs.train.examples[4 * step + i]);
      EXPECT_EQ(whole.step(batch), split.step(batch).loss) << "step " << step;
    }
    EXPECT_TRUE(equal(whole.state.clone(), split.state()));
    EXPECT_FALSE(equal(split.state(), inputs.parts.whole_initial()));
  }
}

}  // namespace
}  // namespace cleave::testing
