// What a participant that tunes the body costs the server, counted tensor by tensor.
#include "common/cost/memory.h"
#include "server/body/body_copies.h"
#include "server/coordinator/run_job.h"
#include "tests/support/live_bytes.h"
#include "tests/support/method_case.h"

namespace cleave::testing {
namespace {

constexpr std::int64_t kSamples = 16, kLength = 24;

struct BodyMemory : ::testing::Test {
  LiveBytes& bytes = LiveBytes::install();
  JobInputs inputs = lora_inputs();
  const JobParts& parts = inputs.parts;
  Memory expected = memory_estimate(job_shape(parts, inputs.job), kSamples* kLength);

  static JobInputs lora_inputs() {
    Job job = method_job({"lora", "any", "bert", {1, 0}});
    job.tuning.blocks = "body";
    job.tuning.rank = 8;
    return tiny_inputs(job);
  }
  Rows smashed() const {
    const std::vector<std::int64_t> lengths(kSamples, kLength);
    return {at::randn({kSamples * kLength, parts.config.hidden}),
            std::make_shared<Layout>(Layout{lengths, 0})};
  }
  void train(BodyModel& body) const {
    BodyStep step = body.forward(smashed());
    const at::Tensor grad = at::ones_like(step.features.x);
    body.backward(std::move(step), grad);
  }
};

TEST_F(BodyMemory, AParticipantCostsItsFactorsWithTheirGradientsAndMomentsAndNoCopyOfTheBody) {
  BodyCopies copies(parts, inputs.job);
  const State start = parts.whole_initial();
  const auto first = copies.make(start);
  train(*first);
  const std::int64_t before = bytes.live();
  const auto second = copies.make(start);
  train(*second);
  const auto taken = static_cast<double>(bytes.live() - before);
  EXPECT_NEAR(taken / expected.body_state, 1, 0.1) << taken << " of " << expected.body_state;
  EXPECT_LT(taken, expected.body_weights / 2);
}

TEST_F(BodyMemory, ABatchInFlightHoldsWhatTheClosedFormSays) {
  BodyCopies copies(parts, inputs.job);
  const auto body = copies.make(parts.whole_initial());
  train(*body);
  const std::int64_t before = bytes.live();
  const BodyStep step = body->forward(smashed());
  const auto held = static_cast<double>(bytes.live() - before);
  EXPECT_NEAR(held / expected.body_activations, 1, 0.1)
      << held << " of " << expected.body_activations;
}

}  // namespace
}  // namespace cleave::testing
