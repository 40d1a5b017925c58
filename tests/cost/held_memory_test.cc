// The estimate of what a step holds for its backward, against the tensors that live: body, head and
// trained tail of every architecture, with nothing tuned around their layers and with factors.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/cost/memory.h"
#include "common/model/threads.h"
#include "server/body/body_model.h"
#include "server/coordinator/job_shape.h"
#include "tests/support/live_bytes.h"
#include "tests/support/method_case.h"

namespace cleave::testing {
namespace {

constexpr std::int64_t kSamples = 64;

double held_by(const std::function<Rows()>& forward) {
  LiveBytes& bytes = LiveBytes::install();
  forward();  // what is made once is made
  const std::int64_t before = bytes.live();
  const Rows rows = forward();
  return static_cast<double>(bytes.live() - before) - static_cast<double>(rows.x.nbytes());
}

Rows smashed(const JobParts& parts, std::int64_t length) {
  const std::vector<std::int64_t> lengths(kSamples, length);
  return {at::randn({kSamples * length, parts.config.hidden}).requires_grad_(true),
          std::make_shared<Layout>(Layout{lengths, 0})};
}

Memory expected(const JobInputs& inputs, std::int64_t length) {
  return memory_estimate(job_shape(inputs.parts, inputs.job),
                         static_cast<std::uint64_t>(kSamples * length));
}

void expect_near(double held, double estimate) {
  EXPECT_NEAR(estimate / held, 1, 0.1) << held << " held, " << estimate << " estimated";
}

struct HeldMemory : ::testing::TestWithParam<std::string> {
  LiveBytes& bytes = LiveBytes::install();
};

INSTANTIATE_TEST_SUITE_P(Of, HeldMemory,
                         ::testing::Values("bert", "roberta", "vit", "gpt2", "llama"),
                         [](const auto& info) { return info.param; });

TEST_P(HeldMemory, ByABodyIsTheEstimate) {
  use_one_blas_thread();
  for (const char* method : {"lora", "svfit", "vera", "ia3", "norm", "difffit"}) {
    SCOPED_TRACE(method);
    const JobInputs inputs = method_inputs({method, "any", GetParam(), {0, 0}});
    const JobParts& parts = inputs.parts;
    const std::int64_t length = GetParam() == "vit" ? parts.config.patches() + 1 : 8;
    State state = trainable_part(tuning_context(parts, inputs.job), parts.body_initial);
    const Body body = make_body(parts.config, *parts.architecture, parts.cut, parts.frozen,
                                sites_over(tuning_context(parts, inputs.job), state));
    const Rows rows = smashed(parts, length);
    expect_near(held_by([&] { return body(rows); }), expected(inputs, length).body_activations);
  }
}

}  // namespace
}  // namespace cleave::testing
