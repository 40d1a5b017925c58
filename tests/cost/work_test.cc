// Work in closed form against the products that the real modules make: every method on every
// architecture, cut and task.
#include <gtest/gtest.h>

#include "client/local_model.h"
#include "common/model/threads.h"
#include "server/body/body_model.h"
#include "server/coordinator/job_shape.h"
#include "tests/cost/counted_products.h"
#include "tests/support/method_case.h"

namespace cleave::testing {
namespace {

// Multiply-adds of a step.
struct Counted {
  double client = 0, body = 0;
};

Counted split_step(const JobInputs& inputs, const Batch& batch) {
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  BodyModel body(inputs.parts, inputs.job, inputs.parts.body_initial);
  const auto features_of = [&](const Rows& smashed) {
    return std::make_shared<Layout>(inputs.parts.form.features(without_prompt(*smashed.layout)));
  };
  Counted out;
  counted_products();
  const Rows smashed = local.begin(batch);
  out.client += counted_products();
  BodyStep step = body.forward(smashed);
  out.body += counted_products();
  const at::Tensor grad = local.middle(step.features.x, *features_of(smashed), batch).grad;
  out.client += counted_products();
  const at::Tensor last = body.backward(std::move(step), grad);
  out.body += counted_products();
  local.finish(last);
  out.client += counted_products();
  return out;
}

Counted bypass_step(const JobInputs& inputs, const Batch& batch) {
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  counted_products();
  local.bypass_step(batch);
  return {counted_products(), 0};
}

WorkTrace work_of(const Embedder& embedder, const Batch& batch, std::int64_t prompt) {
  WorkTrace out;
  for (const Example* example : batch) {
    const auto n = static_cast<std::uint64_t>(embedder.length(*example) + prompt);
    out.samples += 1;
    out.rows += n;
    out.squares += n * n;
  }
  return out;
}

// One participant's round of that one batch.
RoundTrace round_of(const JobInputs& inputs, const Batch& batch, bool split) {
  const Embedder& embedder = *inputs.parts.head.embedder;
  ParticipantTrace p;
  p.all = work_of(embedder, batch, 0);
  p.kept = work_of(embedder, batch, inputs.parts.form.plan.rows);
  if (split) p.steps.push_back({p.kept.samples, p.kept.rows});
  return {{p}, {}};
}

JobInputs with_batch(const MethodCase& c, bool split) {
  JobInputs inputs = method_inputs(c);
  stir(inputs.parts.initial);
  stir(inputs.parts.body_initial);
  inputs.job.phases.bypass_epochs = split ? 0 : 1;
  return inputs;
}

void expect_close(double counted, double form, const char* what) {
  if (counted == 0 && form == 0) return;
  EXPECT_NEAR(form / counted, 1, 0.02) << what << ": counted " << counted << ", form " << form;
}

bool tunes_head(const MethodCase& c) {
  return c.cut.head > 0 && c.at != std::to_string(c.cut.head) && c.at != "2";
}

void expect_counted(const MethodCase& c) {
  SCOPED_TRACE(text_of(c));
  for (const bool split : {true, false}) {
    if (!split && !tunes_head(c)) continue;
    const JobInputs inputs = with_batch(c, split);
    const Batch batch = whole_batch(inputs.train, 4);
    const Counted counted = split ? split_step(inputs, batch) : bypass_step(inputs, batch);
    const Flops form = flops(job_shape(inputs.parts, inputs.job), round_of(inputs, batch, split));
    expect_close(2 * counted.client, form.client, split ? "the client's" : "the bypass's");
    expect_close(2 * counted.body, form.body, "the body's");
  }
}

class CountedWork : public ::testing::TestWithParam<Placed> {};

INSTANTIATE_TEST_SUITE_P(Methods, CountedWork, ::testing::ValuesIn(every_method()), placed_name);

TEST_P(CountedWork, IsTheClosedFormsOnEveryArchitectureAndCut) {
  use_one_blas_thread();
  for (const std::string& at : GetParam().places) {
    for (const std::string model : {"bert", "roberta", "vit", "gpt2", "llama"}) {
      for (const Cut& cut : {Cut{0, 1}, Cut{1, 0}, Cut{1, 1}, Cut{2, 0}}) {
        const MethodCase c{GetParam().method, at, model, cut};
        if (!allowed(c)) continue;
        expect_counted(c);
        if (model == "gpt2" || model == "llama") {
          expect_counted({c.method, c.at, c.model, c.cut, "causal_lm"});
        }
      }
    }
  }
}

}  // namespace
}  // namespace cleave::testing
