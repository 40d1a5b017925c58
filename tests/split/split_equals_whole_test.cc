// Law 1: in fp32 on one thread a split step gives bitwise the loss, the gradients and the updated
// state of the unsplit model, for every cut and over every link.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "client/split_step.h"
#include "common/base/error.h"
#include "common/model/threads.h"
#include "server/body/body_session.h"
#include "simulation/whole_model.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/tiny_job.h"
#include "tests/support/unsplit.h"

namespace cleave::testing {
namespace {

using at::Tensor;

void expect_same(const Unsplit& whole, const LocalModel& local) {
  for (const auto& [name, tensor] : whole.state.tensors) {
    const Tensor& own = local.parameters().at(name);
    EXPECT_TRUE(same_bits(tensor, own)) << name << " differs";
    EXPECT_TRUE(same_bits(tensor.grad(), own.grad())) << "the gradient of " << name << " differs";
  }
}

enum class Transport { kMemory, kTls };

struct Case {
  Cut cut;
  Transport transport;
};

class SplitEqualsWhole : public ::testing::TestWithParam<Case> {};

std::vector<Case> every_case() {
  std::vector<Case> cases;
  for (const Transport transport : {Transport::kMemory, Transport::kTls}) {
    for (const Cut& cut :
         {Cut{0, 0}, Cut{1, 0}, Cut{0, 1}, Cut{1, 1}, Cut{2, 1}, Cut{4, 0}, Cut{3, 1}}) {
      cases.push_back({cut, transport});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Cuts, SplitEqualsWhole, ::testing::ValuesIn(every_case()),
                         [](const auto& info) {
                           return "Head" + std::to_string(info.param.cut.head) + "Tail" +
                                  std::to_string(info.param.cut.tail) +
                                  (info.param.transport == Transport::kTls ? "OverTls"
                                                                           : "OverMemory");
                         });

asio::awaitable<void> five_steps(LocalModel& local, Link& link, Lane& lane, Unsplit& whole,
                                 const JobInputs& inputs) {
  StepId id{1, 0};
  for (; id.step < 5; ++id.step) {
    Batch batch;
    for (std::uint32_t i = 0; i < 4; ++i) batch.push_back(&inputs.train.examples[4 * id.step + i]);
    const double expected = whole.step(batch);
    const StepOutcome outcome =
        co_await split_step(local, link, lane, batch, inputs.parts.form, id);
    EXPECT_EQ(outcome.loss, expected) << "step " << id.step;
    expect_same(whole, local);
  }
  link.close("the test is done");
}

TEST_P(SplitEqualsWhole, BitwiseInLossGradientsAndStateOverFiveSteps) {
  use_one_blas_thread();
  const JobInputs inputs = tiny_inputs(tiny_job(GetParam().cut.head, GetParam().cut.tail));
  Unsplit whole(inputs);
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  asio::io_context io;
  LinkPair memory;
  std::unique_ptr<TlsPair> tls;
  if (GetParam().transport == Transport::kTls) {
    tls = std::make_unique<TlsPair>(io);
  } else {
    memory = make_memory_links(io.get_executor(), "client", "server");
  }
  LinkPair& links = tls ? tls->links : memory;
  links.b->allow(body_limits(inputs.parts.form));

  Lane lane(1, use_one_blas_thread);
  Slots slots(io.get_executor(), 1);
  BodyCopies copies(inputs.parts, inputs.job);
  BodyService service{copies, inputs.parts.form, lane, slots};
  asio::co_spawn(io, serve_body(service, *links.a), [](std::exception_ptr) {});
  run(io, five_steps(local, *links.b, lane, whole, inputs));
}

TEST(Split, ASampleAloneGivesTheLogitsItHasInABatch) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  State state = inputs.parts.initial.clone();
  state.tensors[1].second.normal_();  // a classifier that tells samples apart
  const WholeModel model(inputs.parts, inputs.job, state);
  const Tensor together = model.logits(whole_batch(inputs.train, 16));
  for (std::int64_t i = 0; i < 16; ++i) {
    const Batch alone = {&inputs.train.examples[static_cast<std::size_t>(i)]};
    EXPECT_LE(max_difference(model.logits(alone), together.narrow(0, i, 1)), 1e-5);
  }
}

TEST(Split, NoGraphCrossesTheCut) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const Rows rows = local.begin(whole_batch(inputs.train, 4));
  EXPECT_FALSE(rows.x.requires_grad());
  BodyModel body(inputs.parts, inputs.job, {});
  const BodyStep step = body.forward(rows);
  EXPECT_TRUE(step.input.is_leaf());
  EXPECT_TRUE(step.features.x.requires_grad());
}

TEST(Split, ABodyUnderNoGradFailsLoudly) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const Rows rows = local.begin(whole_batch(inputs.train, 4));
  BodyModel body(inputs.parts, inputs.job, {});
  BodyStep step;
  {
    const torch::NoGradGuard no_grad;
    step = body.forward(rows);
  }
  const Tensor grad = at::ones_like(step.features.x);
  EXPECT_ANY_THROW(body.backward(std::move(step), grad));
}

std::string weights_digest(const Model& model) {
  Sha256 hash;
  for (const std::string& name : backbone_tensor_names(model.config, *model.architecture)) {
    const Tensor tensor = model.checkpoint.tensor(name, model.checkpoint.entry(name).info.shape);
    hash.update({static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()});
  }
  return hex(hash.digest());
}

TEST(Split, TrainingLeavesHeadAndBodyUnchanged) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  const std::string before = weights_digest(inputs.model);
  WholeModel model(inputs.parts, inputs.job, inputs.parts.initial);
  for (int i = 0; i < 5; ++i) model.step(whole_batch(inputs.train, 8));
  EXPECT_EQ(weights_digest(inputs.model), before);
  EXPECT_FALSE(equal(model.state(), inputs.parts.initial));
}

}  // namespace
}  // namespace cleave::testing
