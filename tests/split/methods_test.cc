// Law 1 for what is tuned: every method on every architecture and cut gives bitwise the loss,
// gradients and state of the unsplit model, or is refused with a reason; and a method whose change
// is zero at first begins bitwise as the base.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "client/split_step.h"
#include "common/base/error.h"
#include "common/model/threads.h"
#include "common/wire/memory_link.h"
#include "server/body/body_session.h"
#include "tests/support/method_case.h"
#include "tests/support/refusal.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/unsplit.h"

namespace cleave::testing {
namespace {

void expect_same_part(const State& whole, const State& part, std::uint32_t step) {
  for (const auto& [name, tensor] : part.tensors) {
    EXPECT_TRUE(same_bits(whole.at(name), tensor)) << name << " differs after step " << step;
    EXPECT_TRUE(same_bits(whole.at(name).grad(), tensor.grad()))
        << "the gradient of " << name << " differs at step " << step;
  }
}

asio::awaitable<void> three_steps(LocalModel& local, const BodyModel& body, Link& link, Lane& lane,
                                  Unsplit& whole) {
  const JobInputs& inputs = whole.inputs;
  for (StepId id{1, 0}; id.step < 3; ++id.step) {
    Batch batch;
    for (std::uint32_t i = 0; i < 4; ++i) batch.push_back(&inputs.train.examples[4 * id.step + i]);
    const double expected = whole.step(batch);
    const StepOutcome outcome =
        co_await split_step(local, link, lane, batch, inputs.parts.form, id);
    EXPECT_EQ(outcome.loss, expected) << "step " << id.step;
    expect_same_part(whole.state, local.parameters(), id.step);
    expect_same_part(whole.state, body.parameters(), id.step);
  }
  link.close("the test is done");
}

class EveryMethod : public ::testing::TestWithParam<Placed> {};

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, ::testing::ValuesIn(every_method()), placed_name);

std::vector<MethodCase> cases_of(const Placed& placed) {
  std::vector<MethodCase> cases;
  for (const std::string& at : placed.places) {
    for (const std::string model : {"bert", "roberta", "vit", "gpt2", "llama"}) {
      for (const Cut& cut : {Cut{0, 0}, Cut{1, 0}, Cut{1, 1}, Cut{0, 1}}) {
        const MethodCase c{placed.method, at, model, cut};
        if (!allowed(c)) continue;
        cases.push_back(c);
        if (model == "gpt2" || model == "llama") {
          cases.push_back({placed.method, at, model, cut, "causal_lm"});
        }
      }
    }
  }
  return cases;
}

void expect_split_equals_whole(const MethodCase& c) {
  JobInputs inputs = method_inputs(c);
  stir(inputs.parts.initial);
  stir(inputs.parts.body_initial);
  Unsplit whole(inputs);
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  asio::io_context io;
  LinkPair links = make_memory_links(io.get_executor(), "client", "server");
  links.b->allow(body_limits(inputs.parts.form));
  Lane lane(1, use_one_blas_thread);
  Slots slots(io.get_executor(), 1);
  BodyCopies copies(inputs.parts, inputs.job);
  const auto body = copies.make(inputs.parts.whole_initial());
  copies.lend("client", body, 1, 4);
  BodyService service{copies, inputs.parts.form, lane, slots};
  asio::co_spawn(io, serve_body(service, *links.a), [](std::exception_ptr) {});
  run(io, three_steps(local, *body, *links.b, lane, whole));
}

TEST_P(EveryMethod, SplitEqualsWholeBitwiseOnEveryArchitectureAndCut) {
  use_one_blas_thread();
  for (const MethodCase& c : cases_of(GetParam())) {
    SCOPED_TRACE(text_of(c));
    expect_split_equals_whole(c);
  }
}

TEST(Methods, LoraBeginsBitwiseAsTheBase) {
  const MethodCase lora{"lora", "input", "bert", {1, 0}};
  const JobInputs inputs = method_inputs(lora);
  const Batch batch = whole_batch(inputs.train, 4);
  const LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const BodyModel tuned(inputs.parts, inputs.job, inputs.parts.body_initial);
  const Body base = make_body(inputs.model, inputs.parts.cut, Precision::kFp32);
  const Rows plain = inputs.parts.head(batch);
  EXPECT_TRUE(same_bits(local.smashed(batch).x, plain.x));
  EXPECT_TRUE(same_bits(tuned.inference(plain).x, base(plain).x));
}

TEST(Methods, WhatAnArchitectureHasNoPlaceForIsRefusedWithTheReason) {
  for (const auto& [c, reason] : std::vector<std::pair<MethodCase, std::string>>{
           {{"prompt", "input", "gpt2", {1, 0}}, "leaves that row blind to it"},
           {{"prompt", "input", "llama", {1, 0}}, "leaves that row blind to it"},
           {{"prompt", "peft", "vit", {1, 0}}, "an image's rows have fixed positions"},
           {{"prompt", "9", "bert", {1, 0}}, "a block from 1 to 3"},
           {{"promt", "input", "bert", {1, 0}}, "did you mean prompt"},
           {{"lora+lora", "input", "bert", {1, 0}}, "is named twice"},
           {{"bitfit+norm", "input", "bert", {1, 0}}, "train the same vectors"},
           {{"difffit+lora+bitfit", "input", "bert", {1, 0}}, "train the same vectors"},
           {{"lora", "input", "bert", {0, 4}}, "has no blocks"},
       }) {
    const std::string why = refusal<DataError>([&] { method_inputs(c); });
    EXPECT_NE(why.find(reason), std::string::npos) << text_of(c) << ": " << why;
  }
}

}  // namespace
}  // namespace cleave::testing
