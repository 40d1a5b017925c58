// Where each method begins: the number of values that it trains, against its closed form, and the
// model that it starts from.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "client/local_model.h"
#include "server/body/body_model.h"
#include "tests/support/method_case.h"

namespace cleave::testing {
namespace {

using at::Tensor;

std::int64_t trained(const MethodCase& c) {
  const JobInputs inputs = method_inputs(c);
  const auto tail = [](const std::string& name) { return name.rfind("tail.", 0) != 0; };
  return part_of(inputs.parts.whole_initial(), tail).numel();
}

TEST(MethodStart, NumbersOfTrainedValuesAreThoseOfTheClosedForms) {
  const ModelConfig c = open_model(golden_folder() / "tiny" / "bert").config;
  const std::int64_t d = c.hidden, l = c.layers, w = c.intermediate, p = 3, r = 2, s = 8;
  const std::map<std::string, std::int64_t> forms = {
      {"prompt", p * d},
      {"dept", p * d + (s + d) * r},
      {"ept_style", p * d + (s + d) * r + 2 * 4 * d * 4 + 4 * d + 1},
      {"adept", p * d + 2 * d * r + r + d},
      {"dpt", p * r + r * d},
      {"ulpt", p * r + 2 * d},
      {"p_tuning", p * d + 3 * (d * d + d)},
      {"deep", l * p * d},
      {"prefix", 2 * l * p * d},
      {"lora", l * 2 * r * (d + d)},
      {"svfit", l * 2 * r},
      {"vera", l * 2 * (r + d)},
      {"bitfit", l * (7 * d + w) + d},
      {"norm", 2 * d * (2 * l + 1)},
      {"ia3", l * (3 * d + w)}};
  for (const auto& [method, numbers] : forms) {
    EXPECT_EQ(trained({method, "input", "bert", {1, 0}}), numbers) << method;
  }
}

TEST(MethodStart, MethodsWithoutAPromptBeginBitwiseAsTheBase) {
  for (const std::string model : {"bert", "vit", "gpt2", "llama"}) {
    for (const std::string method : {"lora", "svfit", "vera", "bitfit", "norm", "difffit", "ia3"}) {
      const MethodCase c{method, "any", model, {1, 0}};
      if (!allowed(c)) continue;
      SCOPED_TRACE(text_of(c));
      const JobInputs inputs = method_inputs(c);
      const Batch batch = whole_batch(inputs.train, 4);
      const Rows smashed =
          LocalModel(inputs.parts, inputs.job, inputs.parts.initial).smashed(batch);
      const Rows features =
          BodyModel(inputs.parts, inputs.job, inputs.parts.body_initial).inference(smashed);
      const Rows plain = inputs.parts.head(batch);
      EXPECT_TRUE(at::equal(smashed.x, plain.x));
      EXPECT_TRUE(at::equal(features.x,
                            make_body(inputs.model, inputs.parts.cut, Precision::kFp32)(plain).x));
    }
  }
}

TEST(MethodStart, DeptAndItsKinBeginAsTheirShortPrompt) {
  JobInputs prompt = method_inputs({"prompt", "input", "bert", {1, 0}});
  const Batch batch = whole_batch(prompt.train, 4);
  const Tensor plain = LocalModel(prompt.parts, prompt.job, prompt.parts.initial).smashed(batch).x;
  for (const std::string method : {"dept", "ept_style", "adept"}) {
    const JobInputs inputs = method_inputs({method, "input", "bert", {1, 0}});
    const Tensor own = LocalModel(inputs.parts, inputs.job, inputs.parts.initial).smashed(batch).x;
    EXPECT_TRUE(at::equal(own, plain)) << method;
  }
}

}  // namespace
}  // namespace cleave::testing
